#!/usr/bin/env bash
# Measures the operator as a process of its own, published as it ships, against the Lab: writes, CPU time, memory, latency, fail-over.
#   scripts/bench-runtime.sh                  all of it (about half an hour)
#   scripts/bench-runtime.sh small failover   parts: small, failover, fleet, large
# Prints the table of docs/performance-runtime.md; exits with 1 when a budget is missed. CPU times and latencies mean something on an idle machine only.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
need_dotnet

# Apart from the plain build's folders: what is restored for one machine must not get into those.
dotnet publish src/Operator -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --self-contained false \
  -p:PublishReadyToRun=true --artifacts-path out/artifacts -o out/operator -v quiet -nodeReuse:false >&2
dotnet build bench/Runtime.Bench -c Release -v quiet -nodeReuse:false >&2
[ $# = 0 ] || set -- --only "$@"
exec dotnet bench/Runtime.Bench/bin/Release/net10.0/Nemotron.Runtime.Bench.dll --operator out/operator/nemotron-operator "$@"
