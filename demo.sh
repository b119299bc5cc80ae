#!/usr/bin/env bash
# The main job on one machine, without a cluster or a GPU: starts the Lab (a simulated control plane with 3 nodes of
# 8 simulated H100), starts the operator against it, applies config/samples/fleet.yaml with kubectl and waits until
# Nano, Super and Ultra are ready: simulated engines listen behind their pods, are probed, and one of them is asked a question.
#   ./demo.sh          ends when they are
#   ./demo.sh --keep   leaves everything running and says how to use it
set -euo pipefail
cd "$(dirname "$0")"
. scripts/tools.sh

keep=no
case "${1:-}" in
  --keep) keep=yes ;;
  "") ;;
  *) die "Usage: ./demo.sh [--keep]" ;;
esac

need_dotnet
need_kubectl

out="$PWD/out/demo"
mkdir -p "$out"
export KUBECONFIG="$out/kubeconfig"
rm -f "$KUBECONFIG"

lab='' operator=''
finish() {
  status=$?
  [ -z "$operator" ] || kill "$operator" 2>/dev/null || true
  [ -z "$lab" ] || kill "$lab" 2>/dev/null || true
  wait 2>/dev/null || true
  [ $status = 0 ] || say "The demo failed. Logs: $out/build.log $out/lab.log $out/operator.log"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

# Waits until "$@" succeeds; gives up after 60 s, or at once when the process $1 has ended.
until_ok() {
  local process=$1 tries=300; shift
  until "$@" >/dev/null 2>&1; do
    kill -0 "$process" 2>/dev/null || return 1
    tries=$((tries - 1)); [ $tries -gt 0 ] || return 1
    sleep 0.2
  done
}

# A port that nobody listens on.
free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

say "Building …"
dotnet build src/Lab -c Release -nodeReuse:false -v quiet >"$out/build.log" 2>&1 && dotnet build src/Operator -c Release -nodeReuse:false -v quiet >>"$out/build.log" 2>&1 ||
  { tail -n 20 "$out/build.log" >&2; die "The build failed."; }

# Elsewhere pods have no addresses that lead anywhere, and become ready by the time that passes.
engines=none
if [ "$(uname -s)" = Linux ] && command -v curl >/dev/null; then engines=simulated; fi

say "Starting the Lab: a simulated control plane with 3 simulated nodes of 8 H100 each, engines: $engines …"
dotnet src/Lab/bin/Release/net10.0/nemotron-lab.dll up --kubeconfig "$KUBECONFIG" --nodes 3xH100:8 --engines $engines --load-speed 4 >"$out/lab.log" 2>&1 &
lab=$!
until_ok $lab kubectl get --raw /readyz || { tail -n 5 "$out/lab.log" >&2; die "The Lab did not start."; }

say "Installing the custom resource definitions …"
kubectl apply -k config/crd >/dev/null
kubectl wait --for=condition=Established crd --all --timeout=30s >/dev/null

say "Starting the operator, and its admission webhooks behind their Service …"
webhook_port=$(free_port)
kubectl apply -f config/default/namespace.yaml >/dev/null
kubectl apply -k config/webhook >/dev/null
# The operator runs beside the Lab and not in a pod: this puts it behind the Service.
kubectl apply -f - >/dev/null <<EOF
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: nemotron-operator-webhook-local
  namespace: nemotron-system
  labels:
    kubernetes.io/service-name: nemotron-operator-webhook
addressType: IPv4
ports: [{name: webhook, port: $webhook_port, protocol: TCP}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]
EOF
dotnet src/Operator/bin/Release/net10.0/nemotron-operator.dll --kubeconfig "$KUBECONFIG" --leader-elect=false --health-port 0 --metrics-port 0 \
  --webhook-port "$webhook_port" --webhook-namespace nemotron-system --engine-health "$([ $engines = simulated ] && echo true || echo false)" >"$out/operator.log" 2>&1 &
operator=$!
trusted() { kubectl get validatingwebhookconfiguration nemotron-operator-webhook -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | grep -q .; }
until_ok $operator trusted || { tail -n 5 "$out/operator.log" >&2; die "The operator did not start."; }

say "Applying config/samples/fleet.yaml …"
kubectl apply -f config/samples/fleet.yaml

say "Loading (simulated: weights at 8 GB/s). Ultra is 253 billion parameters; it takes the longest."
kubectl -n models wait --for=condition=Ready nemo --all --timeout=150s >"$out/wait.log" 2>&1 &
waiting=$!
last=''
while kill -0 $waiting 2>/dev/null; do
  kill -0 $operator 2>/dev/null || { tail -n 5 "$out/operator.log" >&2; die "The operator ended."; }
  table="$(kubectl -n models get nemo 2>/dev/null || true)"
  # The age, in the last column, is no news.
  now="$(printf '%s' "$table" | sed 's/ *[^ ]*$//')"
  if [ "$now" != "$last" ]; then printf '%s\n\n' "$table"; last="$now"; fi
  sleep 1
done
wait $waiting || { cat "$out/wait.log" >&2; kubectl -n models describe nemo >&2; die "Not every model became ready."; }

say "What cannot fit is refused at once, with the change that would:"
if kubectl apply --dry-run=server -f config/samples/bad/admission/does-not-fit.yaml; then die "It was not refused."; fi

kubectl -n models get nemo,gnp

if [ $engines = simulated ]; then
  address="$(kubectl -n models get service nano -o jsonpath='{.spec.clusterIP}:{.spec.ports[0].port}')"
  say "Asking nano through its Service, http://$address (the answer is simulated: no model is loaded):"
  answer="$(curl --silent --show-error --fail --noproxy '*' --max-time 60 "http://$address/v1/chat/completions" -H 'Content-Type: application/json' \
    -d '{"model":"nano","messages":[{"role":"user","content":"Say hello."}],"max_tokens":24}')" || die "Nano did not answer."
  printf '  %s …\n' "$(printf '%s' "$answer" | sed -n 's/.*"content":"\([^"]*\)".*/\1/p')"
fi

if [ $keep = yes ]; then
  trap - EXIT INT TERM
  cat <<EOF

Still running. To use it:
  export KUBECONFIG=$KUBECONFIG
  kubectl -n models describe nemo ultra
  kubectl -n models scale nemo nano --replicas=2
  kubectl -n models get pods -o wide
  kubectl -n models logs deploy/nano
  dotnet src/Lab/bin/Release/net10.0/nemotron-lab.dll fault --namespace models POD rank-crash
To end it:
  kill $operator $lab
Logs: $out/lab.log $out/operator.log
EOF
  disown -a
fi
