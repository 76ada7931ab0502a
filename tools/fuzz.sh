#!/usr/bin/env bash
# Fuzzes a parser of foreign bytes with AFL++, and prints the line for the table of docs/FUZZING.md.
#   tools/fuzz.sh NAME --minutes N [--record]     --record also adds the line to the table
#   tools/fuzz.sh --list                          the names
#   tools/fuzz.sh NAME --replay FILE...           runs inputs again, such as crashes
# What one run has found, the next one goes on from (artifacts/fuzz/NAME). Several targets may run at once, each on a core of its own; a second run of one waits.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
packages=(afl++)
tool_version=2.3.0
root=artifacts/fuzz
seeds=tests/VmProxy.GuestFiles.Fuzz/seeds
name= minutes=5 record= list= replay=()
while [ $# -gt 0 ]; do
    case "$1" in
        --list) list=1; shift ;;
        --minutes) [ $# -gt 1 ] || usage; minutes=$2; shift 2 ;;
        --record) record=1; shift ;;
        --replay) shift; replay=("$@"); break ;;
        -*) usage ;;
        *) [ -z "$name" ] || usage; name=$1; shift ;;
    esac
done
if [ -n "$list" ]; then ls "$seeds"; exit; fi
[ -n "$name" ] && [[ $minutes =~ ^[0-9]+$ ]] || usage
[ -d "$seeds/$name" ] || { echo "There is no target $name. There are:" $(ls "$seeds") >&2; exit 2; }

folder=$root/$name
program=$folder/program/VmProxy.GuestFiles.Fuzz.dll
mkdir -p "$folder/seeds"
exec 8>"$folder/lock" 9>"$root/lock"
flock 8
flock 9

# An instrumented assembly is not instrumented again.
rm -f "$folder"/program/VmProxy.{GuestFiles,Nbd}.dll
dotnet publish tests/VmProxy.GuestFiles.Fuzz -c Release -o "$folder/program" --nologo -v quiet -clp:ErrorsOnly >&2
if [ ${#replay[@]} -gt 0 ]; then exec dotnet "$program" replay "$name" "${replay[@]}"; fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" -eq 0 ] || { echo "Fuzzing needs packages. Run:  sudo apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$root/apt.log" 2>&1 || { tail "$root/apt.log" >&2; exit 1; }
fi
[ -x "$root/tool/sharpfuzz" ] || dotnet tool install --tool-path "$root/tool" SharpFuzz.CommandLine --version "$tool_version" >&2

# Only what parses foreign bytes tells the fuzzer where it went.
for assembly in VmProxy.GuestFiles VmProxy.Nbd; do "$root/tool/sharpfuzz" "$folder/program/$assembly.dll" >&2; done
exec 9>&-

for seed in "$seeds/$name"/*.gz; do
    gzip -dc "$seed" >"$folder/seeds/$(basename "$seed" .gz)"
done

executions_before=0
[ ! -f "$folder/out/default/fuzzer_stats" ] || executions_before=$(sed -n 's/^execs_done *: *//p' "$folder/out/default/fuzzer_stats")
# The limits are .NET's: running out of 1 GiB, or of 5 seconds, is a finding.
export DOTNET_GCHeapHardLimit=0x40000000 DOTNET_TieredPGO=0 DOTNET_gcServer=0
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_AUTORESUME=1 AFL_FORKSRV_INIT_TMOUT=60000
nice -n 10 afl-fuzz -i "$folder/seeds" -o "$folder/out" -t 5000 -m none -V $((minutes * 60)) -- "$(command -v dotnet)" "$program" run "$name" >"$folder/log" 2>&1 \
    || { tail -n 30 "$folder/log" >&2; exit 1; }

stat() { sed -n "s/^$1 *: *//p" "$folder/out/default/fuzzer_stats"; }
crashes=$(stat saved_crashes) hangs=$(stat saved_hangs)
line="| $(date -u +%F) | $name | $minutes | $(($(stat execs_done) - executions_before)) | $(stat execs_per_sec) | $(stat corpus_count) | $crashes crashes, $hangs hangs |"
echo "$line"
[ -z "$record" ] || printf '%s\n' "$line" >>docs/FUZZING.md
if [ "$crashes" -gt 0 ] || [ "$hangs" -gt 0 ]; then
    ls "$folder"/out/default/{crashes,hangs}/id* 2>/dev/null >&2 || true
    exit 1
fi
