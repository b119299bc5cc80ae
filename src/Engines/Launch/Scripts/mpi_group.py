"""Makes one MPI world of the pods of a LeaderWorkerSet, without ssh and without rights in the cluster.

mpirun starts a daemon on every node through a "launch agent", usually ssh. Here the workers come to the leader instead: each opens one
connection to it and keeps it; the agent sends the daemon's command line down that connection. So no worker listens for commands, and a
broken connection is how either side learns that the other is gone.

    lead  --nodes N --gpus G --port P -- COMMAND...   the leader's container: waits for N-1 workers, runs mpirun, stops with COMMAND
    join  --port P                                    a worker's container: runs what the leader sends, ends when the leader does
    agent HOST COMMAND...                             called by mpirun
    serve                                             rank 0's task: becomes COMMAND
"""

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = os.path.join(tempfile.gettempdir(), "nemotron-group")
AGENT_SOCKET = os.path.join(FOLDER, "agent.sock")
SERVER_COMMAND = os.path.join(FOLDER, "server.json")
SERVER_PID = os.path.join(FOLDER, "server.pid")


def log(text):
    print(f"group: {text}", file=sys.stderr, flush=True)


def hosts(nodes):
    """Addresses by worker index. A LeaderWorkerSet names its pods after the leader: set-0.service, set-0-1.service, ..."""
    given = os.environ.get("NEMOTRON_GROUP_HOSTS")
    if given:
        return given.split(",")
    leader, _, rest = os.environ["LWS_LEADER_ADDRESS"].partition(".")
    return [os.environ["LWS_LEADER_ADDRESS"]] + [f"{leader}-{i}.{rest}" for i in range(1, nodes)]


def node_name(index):
    """The name under which mpirun knows a worker: the host name of its pod."""
    return f"{socket.gethostname().split('.')[0]}-{index}"


def keep_alive(connection):
    """A node that vanishes closes nothing: ask every few seconds."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)


def send(stream, message):
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def addresses(name):
    try:
        return {entry[4][0] for entry in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def terminate(process, seconds=10):
    """Ends a process and what it started: it leads a group of its own."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


class Leader:
    def __init__(self, nodes, gpus, port, ending):
        self.nodes, self.gpus, self.port, self.ending = nodes, gpus, port, ending
        self.workers = {}
        self.exits = {}
        self.changed = threading.Condition()
        self.lost = None
        self.stopping = False

    def listen(self):
        server = socket.create_server(("", self.port), family=socket.AF_INET6, dualstack_ipv6=True) \
            if socket.has_dualstack_ipv6() else socket.create_server(("", self.port))
        threading.Thread(target=self.accept, args=(server,), daemon=True).start()

    def accept(self, server):
        while True:
            connection, peer = server.accept()
            threading.Thread(target=self.welcome, args=(connection, peer[0]), daemon=True).start()

    def welcome(self, connection, peer):
        """A worker is believed when it calls from the address that the cluster's DNS has for its pod."""
        keep_alive(connection)
        connection.settimeout(10)
        stream = connection.makefile("rw", encoding="utf-8")
        try:
            index = int(json.loads(stream.readline())["join"])
        except (ValueError, KeyError, TypeError, OSError):
            connection.close()
            return
        name = hosts(self.nodes)[index] if 0 < index < self.nodes else None
        if name is None or peer.replace("::ffff:", "") not in addresses(name):
            log(f"refused {peer}: not the address of worker {index}")
            connection.close()
            return
        with self.changed:
            if index in self.workers:
                connection.close()
                return
            connection.settimeout(None)
            send(stream, {"welcome": True})
            self.workers[index] = stream
            log(f"worker {index} joined from {peer}: {len(self.workers)} of {self.nodes - 1}")
            self.changed.notify_all()
        try:
            for line in stream:
                with self.changed:
                    self.exits[index] = json.loads(line)["exit"]
                    self.changed.notify_all()
        except (OSError, ValueError):
            pass
        with self.changed:
            self.lost = self.lost or f"the connection to worker {index} is gone"
            self.changed.notify_all()

    def dispatch(self):
        """Takes the agents' requests: sends a command to its worker and answers with the code it exits with."""
        server = socket.socket(socket.AF_UNIX)
        server.bind(AGENT_SOCKET)
        server.listen(self.nodes)
        names = {node_name(index): index for index in range(1, self.nodes)}

        def answer(connection):
            with connection, connection.makefile("rw", encoding="utf-8") as stream:
                request = json.loads(stream.readline())
                index = names[request["host"].split(".")[0]]
                send(self.workers[index], {"run": request["command"]})
                with self.changed:
                    self.changed.wait_for(lambda: index in self.exits or self.lost)
                    code = self.exits.get(index, 1)
                send(stream, {"code": code})

        def take():
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=take, daemon=True).start()

    def mpirun(self):
        here = f"{sys.executable} {os.path.abspath(__file__)}"
        names = [socket.gethostname().split(".")[0]] + [node_name(index) for index in range(1, self.nodes)]
        return [
            "mpirun", "--allow-run-as-root",
            "-np", str(self.nodes * self.gpus),
            "--host", ",".join(f"{name}:{self.gpus}" for name in names),
            # Rank r sits on node r / GPUs, as tensor-parallel groups want it; cores are the engine's to choose.
            "--map-by", "slot", "--bind-to", "none",
            "-mca", "plm_rsh_agent", f"{here} agent",
            *shlex.split(os.environ.get("NEMOTRON_MPI_LAUNCH", "trtllm-llmapi-launch")),
            sys.executable, os.path.abspath(__file__), "serve",
        ]

    def lead(self, command):
        os.makedirs(FOLDER, exist_ok=True)
        for stale in (AGENT_SOCKET, SERVER_PID):
            if os.path.exists(stale):
                os.remove(stale)
        with open(SERVER_COMMAND, "w", encoding="utf-8") as file:
            json.dump(command, file)
        signal.signal(signal.SIGTERM, self.stop)
        self.listen()
        log(f"waiting for {self.nodes - 1} workers on port {self.port}")
        with self.changed:
            while len(self.workers) < self.nodes - 1 and not self.lost and not self.stopping:
                self.changed.wait(1)
        if self.stopping:
            return self.end(143)
        if self.lost:
            log(self.lost)
            return self.end(1)
        self.dispatch()
        log("all are here, starting the MPI world")
        world = subprocess.Popen(self.mpirun(), stdin=subprocess.DEVNULL, start_new_session=True)
        return self.end(self.watch(world))

    def watch(self, world):
        """Until the world ends, by itself or because a part of it did."""
        server_gone = None
        asked = False
        while world.poll() is None:
            with self.changed:
                self.changed.wait(0.5)
            server = server_pid()
            running = server is not None and os.path.exists(f"/proc/{server}")
            if self.stopping and not asked:
                asked = True
                if running:
                    # Only the server: it ends its requests first, and the world with itself. mpirun would kill all at once.
                    log("asked to stop: the server finishes its requests")
                    os.kill(server, signal.SIGTERM)
                else:
                    terminate(world)
                    return 143
            if self.lost and not asked:
                log(f"{self.lost}: ending the world")
                terminate(world)
                return 1
            if server is not None and not running:
                server_gone = server_gone or time.monotonic()
                if time.monotonic() - server_gone > self.ending:
                    log("the server has ended, the world has not: ending it")
                    terminate(world)
                    return 0 if asked else 1
        log(f"the world ended with {world.returncode}")
        return 0 if asked else world.returncode or 1

    def stop(self, *_):
        self.stopping = True

    def end(self, code):
        for stream in self.workers.values():
            try:
                send(stream, {"end": True})
            except OSError:
                pass
        return code


def server_pid():
    try:
        with open(SERVER_PID, encoding="utf-8") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def join(port):
    index = int(os.environ["LWS_WORKER_INDEX"])
    leader = hosts(1)[0]
    state = {"connected": False}

    def stop(*_):
        if not state["connected"]:
            sys.exit(143)
        log("asked to stop: waiting for the leader to end its requests")

    signal.signal(signal.SIGTERM, stop)
    while True:
        try:
            connection = socket.create_connection((leader, port), timeout=10)
            stream = connection.makefile("rw", encoding="utf-8")
            send(stream, {"join": index})
            if stream.readline():
                break
        except OSError:
            pass
        time.sleep(2)
    keep_alive(connection)
    connection.settimeout(None)
    state["connected"] = True
    log(f"worker {index} joined {leader}")

    child = None

    def report():
        code = child.wait()
        log(f"the daemon ended with {code}")
        try:
            send(stream, {"exit": code})
        except OSError:
            pass

    orderly = False
    try:
        for line in stream:
            message = json.loads(line)
            orderly = orderly or bool(message.get("end"))
            if orderly:
                break
            child = subprocess.Popen(["/bin/sh", "-c", message["run"]], stdin=subprocess.DEVNULL, start_new_session=True)
            threading.Thread(target=report, daemon=True).start()
    except OSError:
        pass
    log("the leader has ended" if orderly else "the leader is gone")
    if child is not None:
        terminate(child)
    return 0 if orderly else 1


def agent(host, command):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(AGENT_SOCKET)
        with connection.makefile("rw", encoding="utf-8") as stream:
            send(stream, {"host": host, "command": " ".join(command)})
            return int(json.loads(stream.readline())["code"])


def serve():
    with open(SERVER_COMMAND, encoding="utf-8") as file:
        command = json.load(file)
    with open(SERVER_PID, "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))
    os.execvp(command[0], command)


def main(arguments):
    if arguments[:1] == ["agent"]:
        return agent(arguments[1], arguments[2:])
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    leading = modes.add_parser("lead")
    leading.add_argument("--nodes", type=int, required=True)
    leading.add_argument("--gpus", type=int, required=True)
    leading.add_argument("--port", type=int, required=True)
    leading.add_argument("--ending", type=float, default=30, help="seconds that the world may take to end once the server has")
    leading.add_argument("command", nargs=argparse.REMAINDER)
    modes.add_parser("join").add_argument("--port", type=int, required=True)
    modes.add_parser("serve")
    options = parser.parse_args(arguments)
    if options.mode == "lead":
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        return Leader(options.nodes, options.gpus, options.port, options.ending).lead(command)
    return join(options.port) if options.mode == "join" else serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
