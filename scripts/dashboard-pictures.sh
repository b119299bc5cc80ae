#!/usr/bin/env bash
# Draws docs/dashboards/*.svg: runs the monitoring scenario (an operator, real gateways and simulated engines of the Lab under load, a real
# Prometheus), keeps what Prometheus answers to each dashboard's expressions, and draws the dashboards' own JSON with it. Takes about five minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
need_dotnet
need_kubectl
command -v npm >/dev/null || die "npm is missing (Debian: apt-get install npm)."

answers="$PWD/out/dashboards"
rm -rf "$answers"
dotnet build tests/Operator.Tests -v quiet --nologo
NEMOTRON_DASHBOARD_DATA="$answers" dotnet tests/Operator.Tests/bin/Debug/net10.0/Nemotron.Operator.Tests.dll -noLogo -noColor -class '*MonitoringTests'
[ -d "$answers" ] || die "The scenario kept no answers: was it skipped?"
(cd tools/dashboard-pictures && npm ci --no-audit --no-fund --loglevel=error)
node tools/dashboard-pictures/draw.mjs config/grafana "$answers" docs/dashboards
