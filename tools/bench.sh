#!/usr/bin/env bash
# Measures VmProxy against its peers and against the limits of the machine, and prints a table. docs/PERFORMANCE.md tells how to read it.
# Usage: tools/bench.sh repository [--rounds N] [--quick | --smoke] [--ours] [--json]
#        tools/bench.sh files [--rounds N] [--smoke] [--json]       guest files: as root, for it mounts; 25 GB of room
#   --quick     one round on a disk of 1 GiB        --smoke  one round on little, without verdicts; peers only where they are installed
#   --ours      without the peers                   --json   one line of JSON a figure
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '3,6s/^# //p' "$0" >&2; exit 2; }
bench=${1-}
[ "$bench" = repository ] || [ "$bench" = files ] || usage
shift
needs_peers=true smoke=false arguments=()
while [ $# -gt 0 ]; do
    case "$1" in
        --ours) [ "$bench" = repository ] || usage; needs_peers=false; arguments+=("$1") ;;
        --smoke) smoke=true; arguments+=("$1") ;;
        --quick) [ "$bench" = repository ] || usage; arguments+=("$1") ;;
        --json) arguments+=("$1") ;;
        --rounds) [[ ${2-} =~ ^[1-9][0-9]?$ ]] || usage; arguments+=("$1" "$2"); shift ;;
        *) usage ;;
    esac
    shift
done

packages=(e2fsprogs time)
if [ "$bench" = files ]; then
    packages+=(ntfs-3g sleuthkit)
    needs_peers=false
fi
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
if $needs_peers; then
    if $smoke && ! { installed restic && installed borgbackup; }; then
        arguments+=(--ours)
    else
        packages+=(restic borgbackup)
    fi
fi
missing=()
for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "The benchmark needs packages. Run:  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    mkdir -p artifacts/apt
    export DEBIAN_FRONTEND=noninteractive
    TMPDIR=$PWD/artifacts/apt apt-get update -q >artifacts/apt/log 2>&1 \
        && TMPDIR=$PWD/artifacts/apt apt-get install -y -q --no-install-recommends "${missing[@]}" >>artifacts/apt/log 2>&1 \
        || { tail -n 20 artifacts/apt/log >&2; exit 1; }
fi

# Compiled ahead of time, as vmproxy is when it is published. A test names its own build.
mkdir -p artifacts/bench
program=${VMPROXY_BENCHMARKS:-}
if [ -z "$program" ]; then
    dotnet publish tests/VmProxy.Benchmarks -c Release -o artifacts/bench/program --nologo -v quiet -clp:NoSummary -p:RunAnalyzers=false >&2
    program=artifacts/bench/program/VmProxy.Benchmarks.dll
fi
command=("$bench" artifacts/bench)
if [ "$bench" = files ]; then
    vmproxy=${VMPROXY_PROGRAM:-}
    if [ -z "$vmproxy" ]; then
        dotnet publish src/VmProxy.Cli -c Release -o artifacts/bench/vmproxy --nologo -v quiet -clp:NoSummary -p:RunAnalyzers=false >&2
        vmproxy=artifacts/bench/vmproxy/vmproxy
    fi
    command+=("$(realpath "$vmproxy")")
fi
exec dotnet "$program" "${command[@]}" "${arguments[@]}"
