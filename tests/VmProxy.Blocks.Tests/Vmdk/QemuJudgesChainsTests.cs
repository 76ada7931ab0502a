using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

[Parallelizable]
sealed class QemuJudgesChainsTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Qemu_reads_our_chain_as_we_wrote_it(int seed)
    {
        using var folder = new TempFolder();
        var content = await TestChain.CreateAsync(folder, (5 * 1024 * 1024) + (seed * 512));
        await using (var disk = await WritableVmdkDisk.OpenWritableAsync(folder["vm-000002.vmdk"], CancellationToken.None))
        {
            await TestChain.WriteRandomlyAsync(disk, content, seed);
        }

        Assert.That((await QemuImg.ReadAsync(folder["vm-000002.vmdk"])).AsSpan().SequenceEqual(content), Is.True);
    }

    [Test]
    public async Task Qemu_finds_the_parents_of_our_deltas()
    {
        using var folder = new TempFolder();
        await TestChain.CreateAsync(folder, 1 << 20);
        var info = await QemuImg.RunAsync("info", "--backing-chain", folder["vm-000002.vmdk"]);
        Assert.That(info, Does.Contain("vmfsSparse").And.Contain("vm-000001.vmdk").And.Contain("vm.vmdk"));
    }

    [TestCase("monolithicFlat")]
    [TestCase("twoGbMaxExtentFlat")]
    public async Task We_read_what_qemu_makes(string subformat)
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed(3 * 1024 * 1024);
        await File.WriteAllBytesAsync(folder["raw"], content);
        await QemuImg.RunAsync("convert", "-f", "raw", "-O", "vmdk", "-o", $"subformat={subformat}", folder["raw"], folder["disk.vmdk"]);
        await using var disk = await VmdkDisk.OpenAsync(folder["disk.vmdk"], CancellationToken.None);
        var read = new byte[disk.Length];
        await disk.ReadAsync(0, read, CancellationToken.None);
        Assert.That(read.AsSpan().SequenceEqual(content), Is.True);
        Assert.That(disk.Descriptor.CreateType, Is.EqualTo(subformat));
    }

    [Test]
    public async Task We_read_a_disk_of_several_two_gigabyte_extents()
    {
        const long Length = 5L << 30;
        using var folder = new TempFolder();
        await QemuImg.RunAsync(
            "create", "-f", "vmdk", "-o", "subformat=twoGbMaxExtentFlat", folder["disk.vmdk"], $"{Length}");
        await Tool.RunAsync(
            Tool.Require("qemu-io", "qemu-utils"),
            ["-f", "vmdk", "-c", "write -P 0x61 2147418112 131072", "-c", "write -P 0x62 5368705024 4096", folder["disk.vmdk"]]);
        await using var disk = await VmdkDisk.OpenAsync(folder["disk.vmdk"], CancellationToken.None);
        Assert.That(disk.Length, Is.EqualTo(Length));
        Assert.That(disk.Descriptor.Extents, Has.Count.EqualTo(3));
        var around = new byte[131074];
        await disk.ReadAsync(2147418111, around, CancellationToken.None);
        Assert.That((around[0], around[^1]), Is.EqualTo(((byte)0, (byte)0)));
        Assert.That(around[1..^1], Has.All.EqualTo(0x61));
        await disk.ReadAsync(Length - 4096, around.AsMemory(0, 4096), CancellationToken.None);
        Assert.That(around[..4096], Has.All.EqualTo(0x62));
    }

    [Test]
    public async Task Qemu_agrees_with_our_descriptor_of_a_flat_disk()
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed(1 << 20);
        await VmdkFactory.CreateFlatAsync(
            folder["vm.vmdk"], content.Length, [new("adapterType", "pvscsi"), new("uuid", "60 00 C2 9a")], CancellationToken.None);
        await using (var disk = await WritableVmdkDisk.OpenWritableAsync(folder["vm.vmdk"], CancellationToken.None))
        {
            await disk.WriteAsync(0, content, CancellationToken.None);
        }

        Assert.That((await QemuImg.ReadAsync(folder["vm.vmdk"])).AsSpan().SequenceEqual(content), Is.True);
    }
}
