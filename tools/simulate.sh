#!/usr/bin/env bash
# Runs the simulation of the repository for longer, or repeats one story with its trace:
#   tools/simulate.sh [--interleavings N] [--seed S]
# A failure prints its seed; --interleavings 1 --seed THAT repeats it. (The small worlds, DirectedTests, are always tried whole.)
set -euo pipefail
cd "$(dirname "$0")/.."
export VMPROXY_SIMULATION_WORLDS=200000 VMPROXY_SIMULATION_SEED=1
while [ $# -gt 0 ]; do
  case "$1" in
    --interleavings) VMPROXY_SIMULATION_WORLDS=$2; shift 2 ;;
    --seed) VMPROXY_SIMULATION_SEED=$2; shift 2 ;;
    *) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
exec dotnet test tests/VmProxy.Simulation.Tests --nologo -c Release \
  --filter "FullyQualifiedName~SimulationTests.Every_interleaving" --logger "console;verbosity=detailed"
