#!/usr/bin/env bash
# The long form of tests/Chaos.Tests: random schedules of faults, each from its seed, against 30 objects.
#   scripts/chaos.sh                 1,000 schedules of gadgets and 50 of NemotronDeployments
#   scripts/chaos.sh 200 10          so many of each
#   scripts/chaos.sh --seed 4711     one schedule again, of both
# Prints counts and figures; a schedule that fails is printed whole, with its seed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
need_dotnet

case "${1:-}" in
  --seed) export CHAOS_SEED="${2:?which seed?}" ;;
  "" | [0-9]*) export CHAOS_GADGETS="${1:-1000}" CHAOS_MODELS="${2:-50}" CHAOS_FIRST_SEED="${CHAOS_FIRST_SEED:-1}" ;;
  *) die "Usage: scripts/chaos.sh [GADGETS [MODELS]] | --seed SEED" ;;
esac

dotnet build tests/Chaos.Tests -v quiet -nodeReuse:false >&2
exec dotnet tests/Chaos.Tests/bin/Debug/net10.0/Nemotron.Chaos.Tests.dll -longRunning 600 -noLogo -noColor -showLiveOutput
