namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class VolumeNameTests
{
    const int MiB = 1024 * 1024;

    [Test]
    public async Task Volumes_are_called_by_disk_and_number_and_no_two_share_a_name()
    {
        using var table = new TestImage(20 * MiB);
        await table.ShellAsync("printf 'label: dos\\n,4M,L\\n,5M,82\\n' | sfdisk -q {}");
        using var whole = new TestImage(8 * MiB);
        await whole.ShellAsync("mke2fs -q {}");
        await using var tables = await table.OpenAsync();
        await using var wholes = await whole.OpenAsync();
        await using var disks = await GuestDisks.OpenAsync(
            [new("disk1", tables), new("disk1p1", wholes), new("", wholes), new("", tables), new("", wholes)], CancellationToken.None);
        Assert.That(disks.Volumes.Select(volume => volume.Name), Is.EqualTo(new[] { "disk1p1", "disk1p2", "disk1p1#2", "disk", "p1", "p2", "disk#2" }));
        Assert.That(disks.Find("disk").Role, Is.EqualTo(VolumeRole.WholeDisk));
        Assert.That(disks.Find("disk1p1#2").IsReadable, Is.True);
        Assert.That(disks.Find("disk1p1").Problem!.Code, Is.EqualTo(GuestFileErrorCodes.Unsupported), "it holds nothing");
        Assert.That(() => disks.Find("disk2"), Throws.InstanceOf<GuestFileException>()
            .With.Property("Code").EqualTo(GuestFileErrorCodes.NotFound).And.Message.Contains("disk1p2"));
    }

    [Test]
    public async Task A_volume_of_another_kind_says_why_it_is_not_read()
    {
        using var image = new TestImage(64 * MiB);
        await image.ShellAsync("printf 'label: gpt\\n,1M,21686148-6449-6E6F-744E-656564454649\\n,20M,L\\n,8M,S\\n,,AF9B60A0-1431-4F62-BC68-3311714A69AD\\n' | sfdisk -q {}");
        await image.ShellAsync("truncate -s 20M {}.2; cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 {}.2 /etc/hostname; dd if={}.2 of={} bs=1M seek=2 conv=notrunc status=none");
        await image.ShellAsync("truncate -s 8M {}.3; mkswap {}.3 >/dev/null; dd if={}.3 of={} bs=1M seek=22 conv=notrunc status=none; mkntfs -qFQ {}.3; dd if={}.3 of={} bs=1M seek=30 conv=notrunc status=none");
        await using var device = await image.OpenAsync();
        await using var disks = await GuestDisks.OpenAsync([new("a", device)], CancellationToken.None);
        Assert.That(disks.Volumes.Select(volume => (volume.TypeName, volume.Content.Kind, volume.Problem?.Code)), Is.EqualTo(new (string, VolumeKind, string?)[]
        {
            ("BIOS boot", VolumeKind.Nothing, null),
            ("Linux", VolumeKind.Encrypted, GuestFileErrorCodes.Encrypted),
            ("Linux swap", VolumeKind.Swap, null),
            ("Microsoft LDM data", VolumeKind.Other, GuestFileErrorCodes.Unsupported),
        }));
        Assert.That(disks.Volumes, Has.All.Matches<GuestVolume>(volume => !volume.IsReadable));
        Assert.That(async () => await disks.Volumes[2].OpenAsync(CancellationToken.None), Throws.InstanceOf<GuestFileException>().With.Message.Contains("swap"));
    }
}
