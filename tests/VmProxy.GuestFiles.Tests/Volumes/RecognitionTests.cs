using System.Buffers.Binary;
using System.Text;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class RecognitionTests
{
    const int MiB = 1024 * 1024;

    // MiB of the image, the judge's word, what it is for us, our words, the Debian package, and the line that makes it.
    [TestCase(8, "ext2", VolumeKind.Ext, "an ext2 file system", "mke2fs -q -t ext2 {}")]
    [TestCase(8, "ext3", VolumeKind.Ext, "an ext3 file system", "mke2fs -q -t ext3 {}")]
    [TestCase(8, "ext4", VolumeKind.Ext, "an ext4 file system", "mke2fs -q -t ext4 {}")]
    [TestCase(8, "jbd", VolumeKind.Other, "a journal of an ext file system that lies elsewhere", "mke2fs -q -O journal_dev {}")]
    [TestCase(300, "xfs", VolumeKind.Xfs, "an XFS file system", "mkfs.xfs -q {}")]
    [TestCase(8, "ntfs", VolumeKind.Ntfs, "an NTFS file system", "mkntfs -qFQ {}")]
    [TestCase(2, "vfat", VolumeKind.Fat, "a FAT file system", "mkfs.vfat -F 12 {}")]
    [TestCase(16, "vfat", VolumeKind.Fat, "a FAT file system", "mkfs.vfat -F 16 {}")]
    [TestCase(40, "vfat", VolumeKind.Fat, "a FAT file system", "mkfs.vfat -F 32 {}")]
    [TestCase(40, "vfat", VolumeKind.Fat, "a FAT file system", "mkfs.vfat -F 12 -S 4096 {}")]
    [TestCase(40, "vfat", VolumeKind.Fat, "a FAT file system", "mkfs.vfat --mbr=yes {}")]
    [TestCase(8, "exfat", VolumeKind.ExFat, "an exFAT file system", "mkfs.exfat {}")]
    [TestCase(8, "swap", VolumeKind.Swap, "Linux swap space", "mkswap {}")]
    [TestCase(8, "swap", VolumeKind.Swap, "Linux swap space", "mkswap -p 65536 {}")]
    [TestCase(120, "btrfs", VolumeKind.Other, "a Btrfs file system", "mkfs.btrfs -q {}")]
    [TestCase(64, "f2fs", VolumeKind.Other, "an F2FS file system", "mkfs.f2fs {}")]
    [TestCase(32, "jfs", VolumeKind.Other, "a JFS file system", "mkfs.jfs -q {}")]
    [TestCase(40, "reiserfs", VolumeKind.Other, "a ReiserFS file system", "mkfs.reiserfs -qff {}")]
    [TestCase(130, "nilfs2", VolumeKind.Other, "a NILFS2 file system", "mkfs.nilfs2 -q {}")]
    [TestCase(64, "ocfs2", VolumeKind.Other, "an OCFS2 file system", "mkfs.ocfs2 -q --fs-features=local -x {}")]
    [TestCase(64, "gfs2", VolumeKind.Other, "a GFS2 file system", "mkfs.gfs2 -q -O -p lock_nolock {}")]
    [TestCase(16, "bcache", VolumeKind.Other, "a bcache device", "make-bcache -B {}")]
    [TestCase(64, "bcache", VolumeKind.Other, "a bcache device", "make-bcache -C {}")]
    [TestCase(8, "minix", VolumeKind.Other, "a Minix file system", "mkfs.minix -1 {}")]
    [TestCase(8, "minix", VolumeKind.Other, "a Minix file system", "mkfs.minix -2 -n 14 {}")]
    [TestCase(8, "minix", VolumeKind.Other, "a Minix file system", "mkfs.minix -3 {}")]
    [TestCase(32, "crypto_LUKS", VolumeKind.Encrypted, "a LUKS 1 volume", "cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 {} /etc/hostname")]
    [TestCase(32, "crypto_LUKS", VolumeKind.Encrypted, "a LUKS 2 volume", "cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 {} /etc/hostname")]
    [TestCase(8, "udf", VolumeKind.Other, "a UDF file system", "mkudffs {}")]
    [TestCase(0, "squashfs", VolumeKind.Other, "a squashfs file system", "mksquashfs /etc/hostname {} -quiet -noappend")]
    [TestCase(0, "iso9660", VolumeKind.Other, "an ISO 9660 file system", "genisoimage -quiet -o {} /etc/hostname")]
    [TestCase(8, "cramfs", VolumeKind.Other, "a cramfs file system", "mkfs.cramfs /etc/apt {}")]
    [TestCase(8, "", VolumeKind.Nothing, "nothing that is known", "true")]
    public async Task What_mkfs_made_is_recognised_as_blkid_recognises_it(int size, string judge, VolumeKind kind, string name, string line)
    {
        using var image = new TestImage((long)size * MiB);
        await image.ShellAsync(line + " >/dev/null 2>&1");
        Assert.That(await image.BlkidAsync(), Is.EqualTo(judge));
        Assert.That(await image.RecognizeAsync(), Is.EqualTo(new VolumeContent(kind, name)));
    }

    // What no program here makes: the bytes of a signature alone; the judge's word where it needs no more of them.
    [TestCase("", VolumeKind.Encrypted, "a BitLocker volume", 0, "EB5890", 3, "-FVE-FS-")]
    [TestCase("ReFS", VolumeKind.Other, "a ReFS file system", 3, "52654653000000", 16, "FSRS")]
    [TestCase("", VolumeKind.Other, "an APFS container", 0, "00", 32, "NXSB")]
    [TestCase("", VolumeKind.Other, "a VMFS datastore", 0x100000, "0DD001C0", 0x200000, "^\u00F1\u00AB/")]
    [TestCase("", VolumeKind.Other, "an Oracle ASM disk", 0, "0182", 32, "ORCLDISK")]
    [TestCase("", VolumeKind.Other, "a VDO volume", 0, "00", 0, "dmvdo001")]
    public async Task A_signature_alone_is_recognised(string judge, VolumeKind kind, string name, int at1, string hexadecimal, int at2, string text)
    {
        using var image = new TestImage(32 * MiB);
        image.Write(at1, Convert.FromHexString(hexadecimal));
        image.Write(at2, Encoding.Latin1.GetBytes(text));
        if (judge.Length > 0)
        {
            Assert.That(await image.BlkidAsync(), Is.EqualTo(judge));
        }

        Assert.That(await image.RecognizeAsync(), Is.EqualTo(new VolumeContent(kind, name)));
    }

    [TestCase("1.0")]
    [TestCase("1.1")]
    [TestCase("1.2")]
    [TestCase("0.90")]
    public async Task Members_of_an_array_are_recognised_wherever_their_description_lies(string version)
    {
        using var image = new TestImage(32 * MiB);
        await image.RunAsync("mke2fs", "e2fsprogs", "-q", "-t", "ext4", "-b", "4096", "{}", "8000");
        image.Write(RaidSuperblock.Place(version, 32 * MiB), RaidSuperblock.Make(version, 32 * MiB));
        Assert.That(await image.BlkidAsync(), Is.EqualTo("linux_raid_member"));
        Assert.That(await image.RecognizeAsync(), Is.EqualTo(new VolumeContent(VolumeKind.Other, $"a member of a Linux software RAID (metadata {version})")));
    }

    [Test]
    public async Task A_description_of_an_array_that_the_file_system_reaches_over_is_a_leftover()
    {
        using var image = new TestImage(32 * MiB);
        await image.RunAsync("mke2fs", "e2fsprogs", "-q", "-t", "ext4", "{}");
        image.Write(RaidSuperblock.Place("1.0", 32 * MiB), RaidSuperblock.Make("1.0", 32 * MiB));
        Assert.That((await image.RecognizeAsync()).Kind, Is.EqualTo(VolumeKind.Ext));
    }

    [Test]
    public async Task A_pool_of_zfs_is_recognised_and_what_it_left_behind_is_not_taken_for_it()
    {
        using var image = new TestImage(32 * MiB);
        foreach (var label in new[] { 0, 256 * 1024, (32 * MiB) - (512 * 1024), (32 * MiB) - (256 * 1024) })
        {
            var uberblock = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(uberblock, 0x00BAB10C);
            for (var slot = 0; slot < 8; slot++)
            {
                image.Write(label + (128 * 1024) + (slot * 1024), uberblock);
            }
        }

        Assert.That((await image.RecognizeAsync()).Name, Is.EqualTo("a ZFS pool member"));
        await image.ShellAsync("mkfs.vfat -F 16 {} 16384 >/dev/null");
        Assert.That((await image.RecognizeAsync()).Kind, Is.EqualTo(VolumeKind.Fat));
    }

    [TestCase("mkfs.vfat -F 32 {}", 0, 512, VolumeKind.Fat)]
    [TestCase("mkfs.exfat {}", 0, 512, VolumeKind.ExFat)]
    [TestCase("mkntfs -qFQ {}", 0, 512, VolumeKind.Ntfs)]
    [TestCase("cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 {} /etc/hostname", 0, 4096, VolumeKind.Encrypted)]
    public async Task A_destroyed_beginning_is_told_by_its_copy(string line, int at, int length, VolumeKind kind)
    {
        using var image = new TestImage(40 * MiB);
        await image.ShellAsync(line + " >/dev/null 2>&1");
        var whole = (await image.RecognizeAsync()).Name;
        image.Write(at, new byte[length]);
        var content = await image.RecognizeAsync();
        Assert.That(content.Kind, Is.EqualTo(kind));
        Assert.That(content.Name, Is.EqualTo(whole + (kind == VolumeKind.Encrypted ? " whose first header is destroyed" : " whose boot sector is destroyed")));
    }

    [Test]
    public async Task A_volume_of_any_size_can_be_looked_at()
    {
        for (var length = 0; length < 5000; length += 97)
        {
            var noise = new byte[length];
            new Random(length).NextBytes(noise);
            Assert.That((await VolumeContent.RecognizeAsync(new MemoryBlockDevice(noise), CancellationToken.None)).Kind, Is.EqualTo(VolumeKind.Nothing), $"{length} bytes");
        }
    }
}
