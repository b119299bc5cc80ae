"""Puts the weights of a model into the cache of a node, once, whoever asks first; whoever asks later finds them there.

    weights.py REPOSITORY --revision REVISION --cache FOLDER --as FOLDER --bytes N [--keep FOLDER]...

The checkpoint is whole once its folder has its name: it is downloaded beside the others under .partial, where a download that was broken off
is gone on with, and then renamed. One at a time downloads it; the lock goes with the process that holds it. Where the disk is too full,
folders that are not named by --keep go, the one that was used longest ago first. Without --keep nothing is removed.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import sys
import threading

# What the files besides the weights take, and what a file system loses to its own books.
MARGIN = 1.02
PARTIAL, TRASH, LOCKS = ".partial", ".trash", ".locks"


def log(text):
    print(f"weights: {text}", file=sys.stderr, flush=True)


def gigabytes(count):
    return f"{count / 1e9:.1f} GB"


@contextlib.contextmanager
def locked(cache, name):
    """Waits until nobody else downloads what has this name."""
    path = os.path.join(cache, LOCKS, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log("another pod of this node downloads them: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def size(folder):
    """What the files below a folder take on the disk, in bytes; 0 where it is not there."""
    total = 0
    for where, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
    return total


def cached(cache):
    """The checkpoints in the cache, REVISION/OWNER/NAME each, the one that was used longest ago first."""
    found = []
    for revision in os.scandir(cache):
        if revision.name.startswith(".") or not revision.is_dir(follow_symlinks=False):
            continue
        for owner in filter(lambda entry: entry.is_dir(follow_symlinks=False), os.scandir(revision.path)):
            for model in filter(lambda entry: entry.is_dir(follow_symlinks=False), os.scandir(owner.path)):
                found.append((model.stat().st_mtime, os.path.relpath(model.path, cache)))
    return [folder for _, folder in sorted(found)]


def remove(cache, folder):
    """Takes a checkpoint out of the cache. Whoever has its files open keeps them; nobody finds half of it."""
    trash = os.path.join(cache, TRASH, folder.replace(os.sep, "--"))
    os.makedirs(os.path.dirname(trash), exist_ok=True)
    shutil.rmtree(trash, ignore_errors=True)
    os.rename(os.path.join(cache, folder), trash)
    shutil.rmtree(trash, ignore_errors=True)
    parent = os.path.dirname(folder)
    while parent:
        try:
            os.rmdir(os.path.join(cache, parent))
        except OSError:
            return
        parent = os.path.dirname(parent)


def give_up_broken_off(cache, keep):
    """Removes what was begun to be downloaded for nobody who is there any more, unless somebody still downloads it."""
    partials = os.path.join(cache, PARTIAL)
    for name in set(os.listdir(partials)) - keep:
        with open(os.path.join(cache, LOCKS, name), "w", encoding="utf-8") as lock:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(os.path.join(partials, name), ignore_errors=True)


def make_room(cache, needed, keep):
    """Removes what nobody keeps until as many bytes are free; says what to do where that is not enough."""
    def free():
        return shutil.disk_usage(cache).free

    if keep is not None:
        give_up_broken_off(cache, {folder.replace("/", "--") for folder in keep})
        for folder in cached(cache):
            if free() >= needed:
                break
            if folder not in keep:
                log(f"removing {folder}, which no deployment of the pool uses, to make room")
                remove(cache, folder)
    if free() < needed:
        held = ", ".join(cached(cache)) or "nothing"
        sys.exit(
            f"weights: {gigabytes(needed)} are still to be downloaded and {gigabytes(free())} are free on the disk of the pool's spec.weightCache.hostPath, "
            f"which holds {held}. Give the path a larger disk, or use fewer models in the pool."
        )


def report(partial, total, stop):
    """Says every half minute how far it is."""
    while not stop.wait(30):
        log(f"{gigabytes(size(partial))} of {gigabytes(total)}")


def download(arguments, partial):
    # Parts that are kept to be put together again are of no use here, and would fill the container's own disk.
    os.environ.setdefault("HF_XET_CHUNK_CACHE_SIZE_BYTES", "0")
    from huggingface_hub import snapshot_download

    stop = threading.Event()
    reporter = threading.Thread(target=report, args=(partial, arguments.bytes, stop), daemon=True)
    reporter.start()
    try:
        # "original" is Meta's own format of the same weights, which no engine here reads.
        snapshot_download(arguments.repository, revision=arguments.revision, local_dir=partial, ignore_patterns=["original/*"])
    except Exception as error:  # pylint: disable=broad-except
        sys.exit(f"weights: {arguments.repository} (revision {arguments.revision or 'of the default branch'}) cannot be downloaded: {type(error).__name__}: {error}")
    finally:
        stop.set()
        reporter.join()


def main(words=None):
    parser = argparse.ArgumentParser(prog="weights.py", description=__doc__.splitlines()[0])
    parser.add_argument("repository")
    parser.add_argument("--revision")
    parser.add_argument("--cache", required=True)
    parser.add_argument("--as", dest="folder", required=True)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--keep", action="append")
    arguments = parser.parse_args(words)
    final = os.path.join(arguments.cache, arguments.folder)
    name = arguments.folder.replace("/", "--")
    partial = os.path.join(arguments.cache, PARTIAL, name)
    try:
        with locked(arguments.cache, name):
            if os.path.isdir(final):
                os.utime(final)
                log(f"{arguments.folder} is there already")
                return
            os.makedirs(partial, exist_ok=True)
            make_room(arguments.cache, int(arguments.bytes * MARGIN) - size(partial), arguments.keep)
            log(f"downloading {arguments.repository}, {gigabytes(arguments.bytes)}")
            download(arguments, partial)
            os.makedirs(os.path.dirname(final), exist_ok=True)
            os.rename(partial, final)
            os.utime(final)
            log(f"{arguments.folder} is there")
    except PermissionError as error:
        sys.exit(
            f"weights: {error.filename}: the cache cannot be written by user {os.getuid()}. Let root make and fill it, "
            "or give the directory of the pool's spec.weightCache.hostPath to that user on every node."
        )


if __name__ == "__main__":
    main()
