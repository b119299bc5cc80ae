#!/usr/bin/env bash
# Publishes the gateway as one native file, as it is shipped: scripts/publish-gateway.sh [FOLDER] (default out/gateway).
# Needs a C toolchain for the link (Debian: gcc, zlib1g-dev).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
need_dotnet
command -v gcc >/dev/null || command -v clang >/dev/null || die "A C compiler is missing, which links the native file: install gcc and zlib1g-dev."
folder="$(realpath -m "${1:-$root/out/gateway}")"
# The lock files of the checkout are for the plain build; this one also restores the native compiler that the SDK names.
CI=false dotnet publish "$root/src/Gateway" -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" -p:Aot=true -p:NuGetLockFilePath=obj/aot.packages.lock.json -v quiet --nologo -o "$folder" >&2
echo "$folder/nemotron-gateway"
