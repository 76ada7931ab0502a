using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

/// <summary>A partition table and a boot sector of a file system share the first sector of a disk, and either can be left behind by earlier use.</summary>
sealed class BootSectorTests
{
    const int MiB = 1024 * 1024;
    const string Table = "printf 'label: dos\\n,20M,L\\n,,7\\n' | sfdisk -q --wipe never {}; ";

    [TestCase("mkfs.vfat -F 16 {}", VolumeKind.Fat)]
    [TestCase("mkfs.vfat -F 32 {}", VolumeKind.Fat)]
    [TestCase("mkfs.vfat --mbr=yes {}", VolumeKind.Fat)]
    [TestCase("mkntfs -qFQ {}", VolumeKind.Ntfs)]
    [TestCase("mkfs.exfat {}", VolumeKind.ExFat)]
    [TestCase(Table + "mke2fs -qF {}", VolumeKind.Ext)]
    [TestCase(Table + "mkfs.vfat -I {}", VolumeKind.Fat)]
    [TestCase("mkfs.vfat -F 16 {}; " + Table, VolumeKind.Fat)]
    public async Task A_file_system_on_the_whole_disk_is_no_table(string line, VolumeKind kind)
    {
        using var image = new TestImage(60 * MiB);
        await image.ShellAsync($"({line}) >/dev/null 2>&1");
        await using var disks = await GuestDisks.OpenAsync([new("a", new MemoryBlockDevice(image.ReadAll()))], CancellationToken.None);
        Assert.That(disks.Volumes.Select(volume => (volume.Name, volume.Role, volume.Content.Kind)), Is.EqualTo(new[] { ("a", VolumeRole.WholeDisk, kind) }));
    }

    [TestCase("mkfs.vfat -F 16 {}; ")]
    [TestCase("mkfs.vfat -F 32 {}; ")]
    [TestCase("mkntfs -qFQ {}; ")]
    [TestCase("")]
    public async Task A_table_whose_partitions_hold_something_counts_although_a_boot_sector_is_left_behind_before_it(string before)
    {
        using var image = new TestImage(60 * MiB);
        await image.ShellAsync($"({before}{Table}truncate -s 20M {{}}.1; mke2fs -q {{}}.1; dd if={{}}.1 of={{}} bs=1M seek=1 conv=notrunc) >/dev/null 2>&1");
        await using var disks = await GuestDisks.OpenAsync([new("a", new MemoryBlockDevice(image.ReadAll()))], CancellationToken.None);
        Assert.That(disks.Volumes.Select(volume => (volume.Name, volume.Content.Kind)), Is.EqualTo(new[] { ("ap1", VolumeKind.Ext), ("ap2", VolumeKind.Nothing) }));
    }
}
