#!/usr/bin/env bash
# Publishes the operator as it is shipped: compiled ahead for one machine, on the shared runtime: scripts/publish-operator.sh [FOLDER] (default out/operator).
# PLAIN=1 leaves it to the just-in-time compiler, for scripts/bench-start.sh to compare.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
need_dotnet
folder="$(realpath -m "${1:-$root/out/operator}")"
[ -n "${PLAIN:-}" ] && ahead=false || ahead=true
# Apart from the plain build's folders: what is restored for one machine must not get into those.
CI=false dotnet publish "$root/src/Operator" -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --self-contained false \
  -p:PublishReadyToRun=$ahead --artifacts-path "$root/out/artifacts${PLAIN:+-plain}" -o "$folder" -v quiet --nologo -nodeReuse:false >&2
echo "$folder/nemotron-operator"
