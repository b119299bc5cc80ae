#!/usr/bin/env bash
# How long the operator takes from the start of its process until it is ready, and what it keeps resident a minute later, compiled ahead and not: beside the Lab with 20
# NemotronDeployments that are settled. Prints the table of docs/performance-runtime.md. Times mean something on an idle machine only.
#   scripts/bench-start.sh [RUNS]   (default 5)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
need_dotnet
need_kubectl
runs="${1:-5}"
ahead="$(scripts/publish-operator.sh out/start/ready)"
plain="$(PLAIN=1 scripts/publish-operator.sh out/start/plain)"
dotnet build src/Lab -v quiet >&2
export KUBECONFIG="$root/out/start/kubeconfig"
rm -f "$KUBECONFIG"
lab='' operator=''
trap 'kill $operator $lab 2>/dev/null || true' EXIT
dotnet src/Lab/bin/Debug/net10.0/nemotron-lab.dll up --kubeconfig "$KUBECONFIG" --nodes 3xH100:8 --load-speed 100 >out/start/lab.log 2>&1 & lab=$!
until kubectl get --raw /readyz >/dev/null 2>&1; do kill -0 $lab; sleep 0.2; done
kubectl apply -k config/crd >/dev/null
kubectl wait --for=condition=Established crd --all --timeout=30s >/dev/null
{
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: models}\n'
  printf -- '---\napiVersion: serving.nemotron.dev/v1alpha1\nkind: GpuNodePool\nmetadata: {name: h100}\nspec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}}\n'
  for i in $(seq 20); do
    printf -- '---\napiVersion: serving.nemotron.dev/v1alpha1\nkind: NemotronDeployment\nmetadata: {name: n-%s, namespace: models}\nspec: {model: Nano, tensorParallel: 1, maxContextTokens: 8192, replicas: 1}\n' "$i"
  done
} | kubectl apply -f - >/dev/null

milliseconds() { local now="${EPOCHREALTIME/[^0-9]/}"; echo $((now / 1000)); }

# Starts one, prints how long until it is ready (ms), and its resident memory after the quiet (MiB): all, and what no file backs.
start() {
  local begun ended
  begun="$(milliseconds)"
  DOTNET_GCgen0size=0x400000 "$1" --kubeconfig "$KUBECONFIG" --leader-elect=false --metrics-port=0 --webhook-port=0 --health-port=18081 --engine-health=false --probe-reasoning=false >out/start/operator.log 2>&1 & operator=$!
  until exec 3<>/dev/tcp/127.0.0.1/18081 && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && read -r _ code _ <&3 && [ "$code" = 200 ]; do kill -0 $operator; sleep 0.01; done 2>/dev/null
  ended="$(milliseconds)"
  exec 3>&-
  sleep "$2"
  echo "$((ended - begun)) $(awk '/^VmRSS/ {all = $2} /^RssAnon/ {own = $2} END {printf "%d %d", all / 1024, own / 1024}' /proc/$operator/status)"
  kill $operator
  wait $operator || true
  operator=''
}

start "$ahead" 30 >/dev/null # settles what was declared
echo '| | Ready after, median (ms; best, worst) | Resident a minute later (MiB) | of it no file behind (MiB) | On disk (MiB) |'
echo '|---|---|---|---|---|'
for which in ahead plain; do
  program="${!which}"
  results=()
  for i in $(seq "$runs"); do results+=("$(start "$program" "$([ "$i" = "$runs" ] && echo 60 || echo 0)")"); done
  sorted=($(printf '%s\n' "${results[@]}" | cut -d' ' -f1 | sort -n))
  last=(${results[-1]})
  echo "| $([ $which = ahead ] && echo 'compiled ahead (ReadyToRun), as shipped' || echo 'just-in-time only') | ${sorted[$((runs / 2))]} (${sorted[0]}, ${sorted[-1]}) | ${last[1]} | ${last[2]} | $(du -sm "$(dirname "$program")" | cut -f1) |"
done
