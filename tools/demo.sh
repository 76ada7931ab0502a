#!/usr/bin/env bash
# Shows the main job from end to end, against a simulated vCenter on loopback: back up two running VMs, change them, back them up again,
# get a disk back and a file that was deleted, and report how full the datastores are, at the end as a page for a browser. Needs the .NET SDK and e2fsprogs; no root.
# Usage: tools/demo.sh [--keep]      --keep keeps the demo's folder, and tells how to go on in it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
export PAGER=cat DEBUGFS_PAGER=cat

keep=false
case "$*" in
    "") ;;
    --keep) keep=true ;;
    *) echo "usage: tools/demo.sh [--keep]" >&2; exit 2 ;;
esac
for tool in dotnet mke2fs debugfs; do
    command -v "$tool" >/dev/null || { echo "The demo needs $tool (.NET 10 SDK; Debian package e2fsprogs)." >&2; exit 1; }
done

root=$PWD
passphrase="correct horse battery staple"
demo=$(mktemp -d "${TMPDIR:-/tmp}/vmproxy-demo.XXXXXX")
lab_pid=
# The simulated vCenter ends with the demo; repository and points stay, and need none.
tell_how_to_go_on() {
    rm -rf "$demo/tmp"
    cat <<KEPT

Kept: $demo. To go on with its points:

cd $demo
export REPOSITORY_PASSPHRASE="$passphrase"
export PATH="$root/artifacts/demo/vmproxy:\$PATH"
vmproxy points
vmproxy files ls POINT

The simulated vCenter has ended, so that vms and backup find none. rm -r $demo removes it all.
KEPT
}
clean_up() {
    [ -z "$lab_pid" ] || { kill "$lab_pid" 2>/dev/null; wait "$lab_pid" 2>/dev/null; } || true
    if $keep; then tell_how_to_go_on; else rm -rf "$demo"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM
# Temporary files of all programs, too, and no build servers that would outlive the demo; no greetings of a new SDK.
export TMPDIR=$demo/tmp MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_SKIP_WORKLOAD_INTEGRITY_CHECK=1
mkdir "$TMPDIR"

bold= plain=
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# Prints a command as a reader would type it, then runs it. Exit code 3, "done with warnings", is no failure.
run() {
    local word shown=
    for word in "$@"; do case "$word" in *[\ \;]*) shown+=" \"$word\"" ;; *) shown+=" $word" ;; esac; done
    printf '\n$%s\n' "$shown"
    "$@" || { code=$?; [ "$code" -eq 3 ] || return "$code"; }
}
field() { sed -n "s/^.*\"$1\": *\"\{0,1\}\([^\",]*\).*$/\1/p"; }
vmproxy() { "$root/artifacts/demo/vmproxy/vmproxy" "$@"; }
vmproxy-lab() { "$root/artifacts/demo/lab/vmproxy-lab" "$@"; }

say "Building (the first time takes minutes, on a small machine ten)"
publish() {
    local begun=$SECONDS
    echo "... building $2"
    dotnet publish "$1" -c Release -o "artifacts/demo/$2" --nologo -v quiet -clp:NoSummary "${@:3}"
    echo "    in $((SECONDS - begun)) s"
}
publish src/VmProxy.Cli vmproxy -p:RunAnalyzers=false
publish tools/VmProxy.Lab lab -p:RunAnalyzers=false

say "Starting a simulated vCenter: two running VMs, three disks, two of them with an ext4 file system"
mkdir -p "$demo/tree/etc" "$demo/tree/var/www"
cp -r "$root/docs" "$root/src" "$demo/tree/var/www/"
hostname > "$demo/tree/etc/hostname" 2>/dev/null || echo demo > "$demo/tree/etc/hostname"
cat > "$demo/lab.json" <<LAB
{
  "folder": "lab",
  "datastores": [{ "name": "datastore1", "type": "VMFS", "capacity": 21474836480 }, { "name": "nfs1", "type": "NFS", "capacity": 10737418240 }],
  "virtualMachines": [
    { "name": "web01", "disks": [{ "size": 268435456, "tree": "tree" }] },
    { "name": "db01", "disks": [{ "size": 134217728, "tree": "tree" },
      { "size": 536870912, "data": [{ "offset": 0, "length": 100663296, "seed": 7 }] }] }
  ]
}
LAB
"$root/artifacts/demo/lab/vmproxy-lab" serve --config "$demo/lab.json" --ready-file "$demo/lab-ready.json" > "$demo/lab.log" 2>&1 &
lab_pid=$!
for _ in $(seq 200); do
    [ -s "$demo/lab-ready.json" ] && break
    kill -0 "$lab_pid" 2>/dev/null || { cat "$demo/lab.log" >&2; exit 1; }
    sleep 0.1
done

export VMPROXY_LAB=$demo/lab-ready.json LAB_PASSWORD=lab REPOSITORY_PASSPHRASE=$passphrase
cat > "$demo/appsettings.json" <<SETTINGS
{
  "VmProxy": {
    "VCenters": [{
      "Name": "lab", "Url": "$(field url < "$demo/lab-ready.json")",
      "User": "administrator@vsphere.local", "Password": "env:LAB_PASSWORD",
      "Thumbprint":
        "$(field thumbprint < "$demo/lab-ready.json")"
    }],
    "Repositories": [
      { "Name": "main", "Path": "repository", "Passphrase": "env:REPOSITORY_PASSPHRASE" }
    ],
    "State": { "Folder": "state" },
    "Guard": { "FreeSpacePercent": 5, "FreeSpace": "100 MiB", "RepositoryFree": "100 MiB" },
    "Transports": { "HotAdd": { "ProxyVm": "vmproxy", "DeviceFolder": "lab/devices", "SystemRoot": "lab/system" } },
    "Jobs": [
      { "Name": "nightly", "Vms": ["web01", "db01"], "EnableChangeTracking": true }
    ]
  }
}
SETTINGS
cd "$demo"

say "The configuration (it names where secrets are, never the secrets)"
run cat appsettings.json

say "Is everything there that a backup needs?"
run vmproxy repo init
run vmproxy doctor
run vmproxy vms
run vmproxy datastores

say "The first night: everything that is allocated"
run vmproxy backup

say "The guests work"
head -c 300000 /dev/urandom > report.bin
printf 'mkdir orders\nwrite "%s/report.bin" orders/report.bin\nrm var/www/docs/FORMAT.md\n' "$demo" > guest.debugfs
run cat guest.debugfs
run vmproxy-lab guest web01 --script guest.debugfs
run vmproxy-lab guest db01 --disk 1 --write 20971520:1048576:11

say "The second night: only what changed"
run vmproxy backup
run vmproxy points

say "A disk comes back, byte for byte as the snapshot froze it"
point=$(vmproxy points --vm web01 --json | field id | tail -n 1)
run vmproxy point show "$point"
run vmproxy restore disk "$point" "Hard disk 1" --to web01.img
vmproxy-lab snapshots > snapshots.json
frozen=$(tr -d '\n' < snapshots.json | sed 's/"vm"/\n"vm"/g' | grep '"web01"' | tail -n 1 | sed -n 's/.*"sha256": *"\([0-9a-f]*\)".*/\1/p')
restored=$(sha256sum web01.img | cut -d ' ' -f 1)
printf '\nsha256 at the snapshot and of the restored disk:\n%s\n%s\n' "$frozen" "$restored"
[ "$restored" = "$frozen" ] || { echo "The restored disk differs." >&2; exit 1; }
run debugfs -R "ls -l /orders" web01.img
run vmproxy verify --level hash

say "A file that somebody deleted in the guest comes back from the night before, without its disk being restored"
before=$(vmproxy points --vm web01 --json | field id | head -n 1)
if vmproxy files ls "$point" /var/www/docs/FORMAT.md 2>/dev/null; then echo "The file is still there." >&2; exit 1; fi
run vmproxy files ls "$before"
run vmproxy files ls "$before" /var/www/docs
run vmproxy files get "$before" /var/www/docs/FORMAT.md --to back
run cmp back/FORMAT.md "$root/docs/FORMAT.md"
printf '\n$ vmproxy inspect disk web01.img cat /orders/report.bin | cmp - report.bin\n'
vmproxy inspect disk web01.img cat /orders/report.bin | cmp - report.bin

say "What did the nights do, and how full are the datastores? (Two samples are too few for a forecast: it needs a week.)"
run vmproxy report jobs
run vmproxy report capacity --files
run vmproxy report growth
run vmproxy repo stats
run vmproxy janitor

vmproxy-lab state | tr -d ' \n' > state.json
! grep -Eq '"snapshots":\[\{|"foreign":true|"consolidationNeeded":true' state.json || { echo "Something of ours is left in vCenter." >&2; exit 1; }
say "The capacity report for a browser"
printf '\n$ vmproxy report capacity --format html > capacity.html\n'
vmproxy report capacity --format html > capacity.html || [ $? -eq 3 ]
grep -q '</html>' capacity.html || { echo "capacity.html is not whole." >&2; exit 1; }
if $keep; then echo "$demo/capacity.html"; else echo "$(wc -c < capacity.html) bytes; with --keep it stays."; fi

say "Done in ${SECONDS} s: 2 VMs, 3 disks, 4 restore points, 1 disk and 1 file restored and proved equal; nothing is left in vCenter."
