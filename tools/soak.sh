#!/usr/bin/env bash
# Kills `vmproxy backup` with signal 9 at random moments, again and again, and checks after each kill that the next run puts everything right.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    echo "usage: tools/soak.sh [--kills N] [--seed N]     50 kills, and a seed of chance, unless told otherwise" >&2
    exit "$1"
}

kills=50 seed=
while [ $# -gt 0 ]; do
    case "$1" in
        --kills | --seed)
            [[ ${2-} =~ ^[1-9][0-9]{0,8}$ ]] || usage 2
            [ "$1" = --kills ] && kills=$2 || seed=$2
            shift 2
            ;;
        -h | --help) usage 0 ;;
        *) usage 2 ;;
    esac
done

suite=tests/VmProxy.EndToEnd.Tests/VmProxy.EndToEnd.Tests.csproj
dotnet build "$suite" -c Release --nologo -v quiet -clp:NoSummary
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
started=$SECONDS
VMPROXY_SOAK_KILLS=$kills VMPROXY_SOAK_SEED=$seed dotnet test "$suite" -c Release --no-build --nologo -v quiet \
    --filter "FullyQualifiedName~KillTests" --logger "console;verbosity=normal"
echo "$kills kills in $((SECONDS - started)) s: nothing of ours left behind, every point whole"
