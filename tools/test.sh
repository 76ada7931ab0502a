#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every suite and prints the seconds of each.
# Usage: tools/test.sh [--fast] [SUITE...]      --fast leaves out the tests of category Slow; a SUITE is a name such as Repository.
set -uo pipefail
cd "$(dirname "$0")/.."

packages=(
    time mount e2fsprogs attr acl qemu-utils libnbd-bin python3-libnbd
    # Guest file systems: who makes, fills and judges them, and those that are only to be recognised.
    xfsprogs ntfs-3g wimtools sleuthkit dosfstools mtools exfatprogs exfat-fuse lvm2 fdisk gdisk parted
    btrfs-progs f2fs-tools jfsutils reiserfsprogs nilfs-tools ocfs2-tools gfs2-utils bcache-tools cryptsetup-bin squashfs-tools genisoimage udftools
    python3-pyvmomi python3-cryptography python3-argon2 python3-zstandard golang-go golang-github-vmware-govmomi-dev
)
filter=()
suites=()
for argument in "$@"; do
    case "$argument" in
        --fast) filter=(--filter "TestCategory!=Slow") ;;
        --*) echo "usage: tools/test.sh [--fast] [SUITE...]" >&2; exit 2 ;;
        *)
            [ -d "tests/VmProxy.$argument.Tests" ] || {
                echo "There is no suite $argument. There are:" $(printf '%s\n' tests/*.Tests | sed 's/.*VmProxy\.//; s/\.Tests$//') >&2
                exit 2
            }
            suites+=("tests/VmProxy.$argument.Tests")
            ;;
    esac
done
[ ${#suites[@]} -gt 0 ] || suites=(tests/*.Tests)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "The tests need packages. Run:  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    # A folder of our own: apt unpacks there, undisturbed by whatever tidies /tmp.
    mkdir -p artifacts/apt
    export DEBIAN_FRONTEND=noninteractive
    TMPDIR=$PWD/artifacts/apt apt-get update -q >artifacts/apt/log 2>&1 \
        && TMPDIR=$PWD/artifacts/apt apt-get install -y -q --no-install-recommends "${missing[@]}" >>artifacts/apt/log 2>&1 \
        || { tail -n 20 artifacts/apt/log >&2; exit 1; }
fi

started=$SECONDS
tools/vcsim/build.sh artifacts/vcsim/vcsim || exit 1
dotnet build VmProxy.sln -c Release --nologo -v quiet -clp:ErrorsOnly || exit 1
printf '%-28s %4d s\n' build $((SECONDS - started))

results=artifacts/test-results
rm -rf "$results"
passed=0 failed=0 skipped=0 broken=0
counter() { sed -n "s/.*<Counters[^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2"; }
for suite in "${suites[@]}"; do
    name=$(basename "$suite")
    started=$SECONDS
    mkdir -p "$results/$name"
    dotnet test "$suite/$name.csproj" -c Release --no-build --nologo -v quiet "${filter[@]}" --blame-hang-timeout 10m --blame-hang-dump-type none \
        --results-directory "$results/$name" --logger "trx;LogFileName=result.trx" --logger "console;verbosity=normal" >"$results/$name/output.txt" 2>&1
    code=$?
    [ "$code" -eq 0 ] || grep -v '^  Passed ' "$results/$name/output.txt"
    trx=$results/$name/result.trx
    if [ -s "$trx" ]; then
        total=$(counter total "$trx") ran=$(counter executed "$trx") good=$(counter passed "$trx") bad=$(counter failed "$trx")
        passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + total - ran))
        [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || broken=$((broken + 1))
        [ "$total" -gt 0 ] || [ ${#filter[@]} -gt 0 ] || { echo "$name holds no test" >&2; broken=$((broken + 1)); }
    else
        total=0
        [ "$code" -eq 0 ] && [ ${#filter[@]} -gt 0 ] || { echo "$name gave no result (exit $code)" >&2; broken=$((broken + 1)); }
    fi
    printf '%-28s %4d s  %5d tests\n' "$name" $((SECONDS - started)) "$total"
done

failed=$((failed + broken))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$skipped" -eq 0 ]
