#!/usr/bin/env bash
# Measures the gateway beside nginx as a plain reverse proxy: same simulated engine, same load, in turns, in one run on this machine.
#   bench/gateway.sh            prints the table of docs/performance.md, "Gateway"
#   ROUNDS=5 SECONDS_EACH=10 bench/gateway.sh
#   GATEWAY_ENV=NAME=VALUE bench/gateway.sh   the gateway's process alone has that variable
# Needs Debian's nginx-light and wrk (installed where they are missing and this may), and a C toolchain for the native publish.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/tools.sh"
cd "$root"
need_dotnet
rounds="${ROUNDS:-3}" seconds="${SECONDS_EACH:-5}" streams="${STREAMS:-10000}"
engine_port=7901 nginx_port=7902 port=7903 admin_port=7904
for tool in nginx wrk; do
  command -v $tool >/dev/null && continue
  package=$tool; [ $tool = nginx ] && package=nginx-light
  say "$tool is not here; installing Debian's package $package …"
  as_root apt-get update -qq >/dev/null && as_root apt-get install -y -qq "$package" >/dev/null || die "$tool is missing and could not be installed (Debian: apt-get install $package)."
done

# A stream is two connections for the gateway; where the limit cannot be raised, fewer streams are opened, and the table says how many.
ulimit -n 65536 2>/dev/null || true
files="$(ulimit -n)"
[ "$files" = unlimited ] || [ "$streams" -le $(((files - 500) / 2)) ] || streams=$(((files - 500) / 2))

work="$(mktemp -d)"
pids=()
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

gateway="$(scripts/publish-gateway.sh "$root/out/gateway")"
dotnet build bench/Gateway.Bench -c Release -v quiet --nologo >&2
bench="bench/Gateway.Bench/bin/Release/net10.0/Nemotron.Gateway.Bench.dll"

cat >"$work/gateway.yaml" <<YAML
upstream: http://127.0.0.1:$engine_port
reasoning:
  grammar: SystemDetailedThinking
  on: { temperature: 0.6, topP: 0.95 }
  off: { temperature: 0 }
YAML
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 2; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 16384; }
http {
  access_log off; client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  upstream engine { server 127.0.0.1:$engine_port; keepalive 256; }
  server {
    listen 127.0.0.1:$nginx_port; keepalive_requests 100000000;
    location / { proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
CONF
cat >"$work/chat.lua" <<'LUA'
wrk.method = "POST"
wrk.body = '{"model":"m","messages":[{"role":"system","content":"You are a kind assistant."},{"role":"user","content":"Hello, who are you and what can you do for me today?"}],"max_tokens":64}'
wrk.headers["Content-Type"] = "application/json"
LUA

dotnet $bench engine --port $engine_port & pids+=($!)
nginx -c "$work/nginx.conf" 2>/dev/null & pids+=($!)
began="$(date +%s%N)"
env ${GATEWAY_ENV:-} "$gateway" --config "$work/gateway.yaml" --address 127.0.0.1 --port $port --admin-port $admin_port --log-level Warning & gateway_pid=$!; pids+=($!)
until curl -fs -o /dev/null "http://127.0.0.1:$admin_port/healthz"; do sleep 0.01; done
start_ms=$((($(date +%s%N) - began) / 1000000))
until curl -fs -o /dev/null "http://127.0.0.1:$nginx_port/" && curl -fs -o /dev/null "http://127.0.0.1:$admin_port/readyz"; do sleep 0.1; done

rss() { awk '/VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$gateway_pid/status"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
requests() { wrk -t1 -c32 -d"${seconds}s" -s "$work/chat.lua" "http://127.0.0.1:$1/v1/chat/completions" | awk '/Requests\/sec/ { print $2 } /Non-2xx|Socket errors/ { print "wrk: " $0 > "/dev/stderr" }'; }
idle_mib="$(rss)"

say "warming up …"
for p in $nginx_port $port; do requests $p >/dev/null; done

say "requests per second, $rounds rounds …"
for ((i = 0; i < rounds; i++)); do
  n="$(requests $nginx_port)" g="$(requests $port)"
  echo "$n" >>"$work/rps.nginx"; echo "$g" >>"$work/rps.gateway"
  awk -v n="$n" -v g="$g" 'BEGIN { print g / n }' >>"$work/rps.ratio"
done
rps="$(median <"$work/rps.gateway")"

rate="$(awk -v r="$rps" 'BEGIN { printf "%d", r / 2 }')"
say "latency at $rate requests per second …"
for ((i = 0; i < rounds; i++)); do
  for server in engine:$engine_port nginx:$nginx_port gateway:$port; do
    dotnet $bench latency --port "${server#*:}" --rate "$rate" --seconds "$seconds" | tee -a "$work/latency.${server%:*}" >/dev/null
  done
  paste "$work/latency.engine" "$work/latency.gateway" | tail -n 1 | awk '{ print $3 - $1 >> p50; print $4 - $2 >> p99 }' p50="$work/added50.gateway" p99="$work/added99.gateway"
  paste "$work/latency.engine" "$work/latency.nginx" | tail -n 1 | awk '{ print $3 - $1 >> p50; print $4 - $2 >> p99 }' p50="$work/added50.nginx" p99="$work/added99.nginx"
done

say "streamed tokens per second …"
for ((i = 0; i < rounds; i++)); do
  n="$(dotnet $bench streams --port $nginx_port --seconds "$seconds" | cut -d' ' -f1)" g="$(dotnet $bench streams --port $port --seconds "$seconds" | cut -d' ' -f1)"
  echo "$n" >>"$work/sse.nginx"; echo "$g" >>"$work/sse.gateway"
  awk -v n="$n" -v g="$g" 'BEGIN { print g / n }' >>"$work/sse.ratio"
done
loaded_mib="$(rss)"

say "$streams streams opened and closed, three times …"
for i in 1 2 3; do
  mkfifo "$work/go$i"
  dotnet $bench churn --port $port --streams "$streams" <"$work/go$i" >"$work/churn$i" & churn=$!
  exec 9>"$work/go$i"
  until [ -s "$work/churn$i" ]; do kill -0 $churn 2>/dev/null || die "the load tool ended early"; sleep 0.1; done
  open[i]="$(rss)"; alive[i]="$(cat "$work/churn$i")"
  echo >&9; exec 9>&-
  wait $churn
  until [ "$(curl -fs "http://127.0.0.1:$admin_port/drain" | grep -c '"inFlight":0')" = 1 ]; do sleep 0.1; done
  closed[i]="$(rss)"
done

f() { printf "%.${2:-0}f" "$1"; }
row() { printf '| %s | %s | %s | %s |\n' "$@"; }
echo "$(nproc) cores, $(ulimit -n) files; load before the run: $(cut -d' ' -f1 /proc/loadavg); medians of $rounds rounds of $seconds s"
echo
row "" "nginx" "gateway" "wanted"
row "---" "---" "---" "---"
row "small chats, requests/s (wrk, 32 connections)" "$(f "$(median <"$work/rps.nginx")")" "$(f "$rps") ($(f "$(median <"$work/rps.ratio")" 2) of nginx)" "0.6 of nginx"
row "added latency at $rate requests/s, p50" "$(f "$(median <"$work/added50.nginx")" 3) ms" "$(f "$(median <"$work/added50.gateway")" 3) ms" "0.3 ms"
row "added latency at $rate requests/s, p99" "$(f "$(median <"$work/added99.nginx")" 3) ms" "$(f "$(median <"$work/added99.gateway")" 3) ms" "1 ms"
row "streamed tokens/s (64 streams of 500)" "$(f "$(median <"$work/sse.nginx")")" "$(f "$(median <"$work/sse.gateway")") ($(f "$(median <"$work/sse.ratio")" 2) of nginx)" "0.8 of nginx"
row "start to the first answered probe" "" "$start_ms ms" "1 s"
row "resident: idle, after the load above" "" "$idle_mib, $loaded_mib MiB" "60 MiB"
row "resident with $streams streams open, thrice" "" "${open[1]}, ${open[2]}, ${open[3]} MiB (alive: ${alive[1]}, ${alive[2]}, ${alive[3]})" "flat"
row "resident after they closed" "" "${closed[1]}, ${closed[2]}, ${closed[3]} MiB" "flat"
