#!/usr/bin/env bash
# Makes the seeds of the fuzz targets anew, as root: tests/VmProxy.GuestFiles.Fuzz/make-seeds.sh [TARGET...]
# Needs the programs that tools/test.sh installs, and the project built in Release.
set -euo pipefail
cd "$(dirname "$0")"
program=$PWD/../../artifacts/bin/VmProxy.GuestFiles.Fuzz/release/VmProxy.GuestFiles.Fuzz.dll
seeds=$PWD/seeds
work=$(mktemp -d)
loop= mounted=
cleanup() {
    [ -z "$mounted" ] || umount "$work/mnt" || true
    [ -z "$loop" ] || losetup -d "$loop" || true
    rm -rf "$work"
}
trap cleanup EXIT
export E2FSPROGS_FAKE_TIME=1700000000 MKE2FS_SYNC=0

# A few files of every kind. What they hold is short: only metadata is worth fuzzing.
tree=$work/tree
mkdir -p "$tree/dir/sub" "$tree/many" "$work/mnt"
printf 'hello' >"$tree/a.txt"
printf 'a longer name' >"$tree/dir/a file with a longer name, and with ünïcödé.txt"
ln -s ../a.txt "$tree/dir/link"
ln -s "$(printf 'x%.0s' {1..120})" "$tree/longlink"
ln "$tree/a.txt" "$tree/dir/hard"
mkfifo "$tree/pipe"
for number in {1..40}; do : >"$tree/many/file-number-$number"; done
truncate -s 100K "$tree/sparse"
printf x | dd of="$tree/sparse" bs=1 seek=70000 conv=notrunc status=none
setfattr -n user.note -v 'a value' "$tree/a.txt"
setfattr -n user.long -v "$(printf 'v%.0s' {1..300})" "$tree/dir"

new() { rm -f "$work/image"; truncate -s "$1" "$work/image"; }
keep() { # TARGET NAME: the image as a seed
    mkdir -p "$seeds/$1"
    dotnet "$program" pack "$work/image" "$work/packed"
    gzip -9n <"$work/packed" >"$seeds/$1/$2.gz"
    printf '%-28s %7d bytes, %6d packed\n' "$1/$2" "$(stat -c %s "$work/packed")" "$(stat -c %s "$seeds/$1/$2.gz")"
}
attach() { loop=$(losetup --find --show "$work/image"); }
detach() { losetup -d "$loop"; loop=; }
blank() { # CONDITION START LENGTH: the sectors for which the condition holds, and one range, become zeros
    python3 -c "
import sys
with open(sys.argv[1], 'r+b') as image:
    content = bytearray(image.read())
    for at in range(0, len(content), 512):
        sector = bytes(content[at:at + 512])
        if $1:
            content[at:at + 512] = bytes(512)
    start = $2
    content[start:start + $3] = bytes($3)
    image.seek(0)
    image.write(content)" "$work/image"
}
mount_image() { mount -o "loop$1" "$work/image" "$work/mnt"; mounted=1; }
unmount() { umount "$work/mnt"; mounted=; }

partitions() {
    new 2M; printf 'label: gpt\nfirst-lba: 40\n40,100,U\n140,100,L\n240,100,S\n' | sfdisk -q "$work/image"; keep partitions gpt
    new 2M; printf 'label: dos\n40,100,L\n200,1000,E\n210,100,L\n320,100,L\n430,100,S\n' | sfdisk -q "$work/image"; keep partitions dos
}

lvm() {
    new 2M; attach
    run() { "$@" --devices "$loop" --config 'backup/backup=0 backup/archive=0 activation/udev_sync=0' -qq; }
    run pvcreate --metadatasize 60k "$loop"
    run vgcreate -s 64k "fuzz$$" "$loop"
    run lvcreate --driverloaded n -an -Zn -Wn -L 256k -n a "fuzz$$"
    run lvcreate --driverloaded n -an -Zn -Wn -L 128k -n b "fuzz$$"
    run lvextend --driverloaded n -L 384k "fuzz$$/a"
    detach; keep lvm linear
}

ext() {
    new 1M; mke2fs -q -F -t ext2 -b 1024 -N 128 -d "$tree" "$work/image"; keep ext ext2
    new 2M; mke2fs -q -F -t ext4 -b 1024 -N 128 -O ^has_journal,^metadata_csum,^resize_inode,inline_data -d "$tree" "$work/image"; keep ext ext4
    new 2M; mke2fs -q -F -t ext4 -b 1024 -N 128 -O ^has_journal,metadata_csum,^resize_inode,dir_index -d "$tree" "$work/image"
    { e2fsck -fyD "$work/image" >/dev/null 2>&1 || true; }; keep ext ext4-checksums
}

ext-journal() {
    local journal
    for journal in plain checksums; do
        new 4M
        mke2fs -q -F -t ext4 -b 1024 -N 128 -J size=1 -O "$([ $journal = plain ] && echo '^metadata_csum' || echo metadata_csum),^resize_inode" -d "$tree" "$work/image"
        # The superblock goes through the log, and a revoke.
        dd if="$work/image" of="$work/block" bs=1024 skip=1 count=1 status=none
        debugfs -w -f - "$work/image" >/dev/null 2>&1 <<EOF
journal_open
journal_write -b 1 $work/block
journal_write -r 300,301
journal_close
EOF
        keep ext-journal $journal
    done
}

xfs() {
    # Version 4 has no checks, version 5 has them everywhere. The kernel would fill the log, so mkfs.xfs fills the rest.
    cat >"$work/prototype" <<EOF
/boot
0 0
d--755 0 0
file ---644 0 0 $tree/a.txt
link l--777 0 0 dir/somewhere
dir d--755 0 0
$(for number in {1..30}; do echo "file-with-a-name-$number ---600 0 0 /dev/null"; done)
sub d--755 0 0
$
$
$
EOF
    local version
    for version in 0 1; do
        new 16M
        mkfs.xfs --unsupported -q -f -m crc=$version -d agcount=1 -p "$work/prototype" "$work/image"
        keep xfs v$((version + 4))
    done
}

xfs-log() {
    new 16M
    mkfs.xfs --unsupported -q -f -d agcount=1 "$work/image"
    mount_image ""; cp -a "$tree/dir" "$work/mnt"; sync -f "$work/mnt"; touch "$work/mnt/new"; mv "$work/mnt/dir/link" "$work/mnt/moved"
    xfs_io -x -c 'shutdown -f' "$work/mnt"; unmount
    # The kernel wrote empty records of cycle 0 all over the log, which say what zeros there say.
    blank "sector.startswith(bytes.fromhex('feedbabe00000000'))" 0 0
    keep xfs-log v5
}

ntfs() {
    new 2M; mkntfs -q -F -s 512 -p 0 -H 0 -S 0 -c 1024 "$work/image" >/dev/null
    mount_ntfs() { ntfs-3g "$work/image" "$work/mnt"; mounted=1; }
    mount_ntfs; cp -r "$tree/dir" "$tree/a.txt" "$work/mnt"; setfattr -n user.stream -v 'a stream' "$work/mnt/a.txt"; unmount
    # The log is filled with ones, and the table of capital letters is large: what is fuzzed is the rest.
    blank "sector == b'\xff' * 512" "content.find(b'\0\0\1\0\2\0\3\0\4\0\5\0')" 131072
    keep ntfs small
}

fat() {
    local bits
    for bits in 12 16 32; do
        new $([ $bits = 12 ] && echo 1M || [ $bits = 16 ] && echo 9M || echo 34M)
        mkfs.fat -F $bits -s 1 -i 12345678 "$work/image" >/dev/null
        mcopy -i "$work/image" -s "$tree/dir/a file with a longer name, and with ünïcödé.txt" "$tree/a.txt" ::
        mmd -i "$work/image" ::many; mcopy -i "$work/image" "$tree/many/file-number-1" "$tree/many/file-number-2" ::many
        keep fat fat$bits
    done
}

exfat() {
    new 4M; mkfs.exfat -b 4096 "$work/image" >/dev/null 2>&1
    attach; mount.exfat-fuse "$loop" "$work/mnt" >/dev/null; mounted=1
    cp "$tree/a.txt" "$work/mnt"; mkdir "$work/mnt/many"; cp "$tree/many/file-number-1" "$work/mnt/many"; unmount; detach
    keep exfat small
}

nbd() {
    # A conversation is bytes, no disk: what nbdinfo and nbdcopy say, and both ways into an export.
    mkdir -p "$seeds/nbd"
    python3 - "$seeds/nbd" <<'PYTHON'
import gzip, struct, sys
def option(kind, data=b''): return b'IHAVEOPT' + struct.pack('>II', kind, len(data)) + data
def request(kind, cookie, offset, length, flags=0): return struct.pack('>IHHQQI', 0x25609513, flags, kind, cookie, offset, length)
def text(value): return struct.pack('>I', len(value)) + value
context = text(b'') + struct.pack('>I', 1) + text(b'base:allocation')
requests = (request(0, 1, 0, 5000) + request(0, 2, 4096, 512, 4) + request(7, 3, 0, 100000) + request(7, 4, 512, 9999, 8)
    + request(1, 5, 0, 16) + bytes(16) + request(4, 6, 0, 512) + request(3, 7, 0, 0) + request(2, 8, 0, 0))
flags = struct.pack('>I', 3)
seeds = {
    'structured': flags + option(3) + option(8) + option(9, text(b'b') + struct.pack('>I', 1) + text(b'base:')) + option(10, context)
        + option(6, text(b'b') + struct.pack('>HHHH', 3, 1, 2, 3)) + option(7, text(b'') + struct.pack('>HH', 1, 3)) + requests,
    'simple': struct.pack('>I', 0) + option(5) + option(1, b'b') + requests,
    'abort': flags + option(3) + option(2),
}
for name, said in seeds.items():
    with open(f'{sys.argv[1]}/{name}.gz', 'wb') as file: file.write(gzip.compress(said, 9, mtime=0))
PYTHON
}

# A compressed chunk: two bytes of what it decompresses to, then its bytes. A WIM of one small file has just one behind its header of 208 bytes.
chunk() {
    local folder size
    folder=$(mktemp -d "$work/wim.XXXX")
    mkdir "$folder/in" "$seeds/$1" -p
    head -c 4000 ../../LICENSE >"$folder/in/text"
    wimcapture "$folder/in" "$folder/wim" --compress="$1" --chunk-size="$2" --no-acls >/dev/null
    size=$(wimlib-imagex info "$folder/wim" --blobs | awk '/^Compressed size/ { size = $4 } /^Offset in WIM/ && $5 == 208 { print size }')
    { printf '\240\017'; tail -c +209 "$folder/wim" | head -c "$size"; } | gzip -9n >"$seeds/$1/text.gz"
}
xpress() { chunk xpress 4K; }
lzx() { chunk lzx 32K; }
lznt1() {
    mkdir -p "$seeds/lznt1"
    # The example of MS-XCA 3.1.
    { printf '\216\000'; printf '\x38\xB0\x88\x46\x23\x20\x00\x20\x47\x20\x41\x00\x10\xA2\x47\x01\xA0\x45\x20\x44\x00\x08\x45\x01\x50\x79\x00\xC0\x45\x20\x05\x24\x13\x88\x05\xB4\x02\x4A\x44\xEF\x03\x58\x02\x8C\x09\x16\x01\x48\x45\x00\xBE\x00\x9E\x00\x04\x01\x18\x90\x00'; } |
        gzip -9n >"$seeds/lznt1/example.gz"
}

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(partitions lvm ext ext-journal xfs xfs-log ntfs lznt1 xpress lzx fat exfat nbd)
for target in "${targets[@]}"; do "$target"; done
du -cb "$seeds"/*/*.gz | tail -1
