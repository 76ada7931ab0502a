using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

[Parallelizable]
sealed class QemuJudgesSparseTests
{
    [TestCase("monolithicSparse")]
    [TestCase("streamOptimized")]
    [TestCase("twoGbMaxExtentSparse")]
    public async Task We_see_the_bytes_and_the_map_that_qemu_sees(string subformat)
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed((40 << 20) + 1536, seed: 3);
        content.AsSpan(5 << 20, 33 << 20).Clear();
        await QemuImg.ConvertAsync(folder, content, subformat, "disk.vmdk");
        await using var disk = await VmdkDisk.OpenAsync(folder["disk.vmdk"], CancellationToken.None);
        Assert.That(disk.Descriptor.CreateType, Is.EqualTo(subformat));
        await ExpectAsync(disk, content, folder["disk.vmdk"]);
    }

    [TestCase(false, 8)]
    [TestCase(false, 128)]
    [TestCase(true, 8)]
    [TestCase(true, 128)]
    public async Task Qemu_and_we_read_the_same_from_what_others_make(bool compressed, int grainSectors)
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed((9 << 20) + 512, seed: 4);
        content.AsSpan(2 << 20, 4 << 20).Clear();
        var image = compressed ? SparseImage.Stream(content, grainSectors) : SparseImage.Plain(content, grainSectors);
        await File.WriteAllBytesAsync(folder["disk.vmdk"], image.ToArray());
        Assert.That((await QemuImg.ReadAsync(folder["disk.vmdk"])).AsSpan().SequenceEqual(content), Is.True, "qemu-img takes it for a VMDK");
        await using var disk = await VmdkDisk.OpenAsync(folder["disk.vmdk"], CancellationToken.None);
        await ExpectAsync(disk, content, folder["disk.vmdk"]);
    }

    [TestCase("monolithicSparse")]
    [TestCase("twoGbMaxExtentSparse")]
    [TestCase("streamOptimized")]
    public async Task A_chain_of_snapshots_is_one_disk(string subformat)
    {
        using var folder = new TempFolder();
        var content = await SparseChain.CreateAsync(folder, subformat);
        await using var disk = await VmdkDisk.OpenAsync(folder["two.vmdk"], CancellationToken.None);
        Assert.That(disk.Chain.Select(link => Path.GetFileName(link.Path)), Is.EqualTo(new[] { "two.vmdk", "one.vmdk", "base.vmdk" }));
        await ExpectAsync(disk, content, folder["two.vmdk"]);
    }

    [Test]
    public async Task A_parent_that_was_written_after_the_snapshot_breaks_the_chain()
    {
        using var folder = new TempFolder();
        await SparseChain.CreateAsync(folder, "monolithicSparse");
        await Tool.RunAsync(Tool.Require("qemu-io", "qemu-utils"), ["-f", "vmdk", "-c", "write -P 1 0 512", folder["base.vmdk"]]);
        Assert.That(
            async () => await VmdkDisk.OpenAsync(folder["two.vmdk"], CancellationToken.None),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.ChainBroken));
    }

    [Test]
    public async Task Zero_grains_hide_the_parent_and_count_as_allocated()
    {
        using var folder = new TempFolder();
        var content = new byte[1 << 20];
        content.AsSpan().Fill(0x11);
        await QemuImg.ConvertAsync(folder, content, "monolithicSparse", "base.vmdk");
        await QemuImg.RunAsync(
            "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicSparse,zeroed_grain=on", "-b", "base.vmdk", "-F", "vmdk", folder["top.vmdk"]);
        await Tool.RunAsync(Tool.Require("qemu-io", "qemu-utils"), ["-f", "vmdk", "-c", "write -z 128k 256k", folder["top.vmdk"]]);
        content.AsSpan(128 << 10, 256 << 10).Clear();
        await using (var disk = await VmdkDisk.OpenAsync(folder["top.vmdk"], CancellationToken.None))
        {
            Assert.That((await ReadAsync(disk)).AsSpan().SequenceEqual(content), Is.True);
            Assert.That(
                await RunsAsync(disk),
                Is.EqualTo(new BlockRun[]
                {
                    new(0, 128 << 10, BlockRunKind.Data), new(128 << 10, 256 << 10, BlockRunKind.Zero), new(384 << 10, 640 << 10, BlockRunKind.Data),
                }));
        }

        await using var alone = await VmdkDisk.OpenAsync(folder["top.vmdk"], new LocalVmdkFiles(), withParents: false, CancellationToken.None);
        Assert.That(
            await RunsAsync(alone),
            Is.EqualTo(new BlockRun[]
            {
                new(0, 128 << 10, BlockRunKind.Hole), new(128 << 10, 256 << 10, BlockRunKind.Zero), new(384 << 10, 640 << 10, BlockRunKind.Hole),
            }));
    }

    [Test]
    public async Task Several_two_gigabyte_extents_make_one_disk()
    {
        const long Length = 5L << 30;
        using var folder = new TempFolder();
        await QemuImg.RunAsync("create", "-q", "-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse", folder["disk.vmdk"], $"{Length}");
        await Tool.RunAsync(
            Tool.Require("qemu-io", "qemu-utils"),
            ["-f", "vmdk", "-c", "write -P 0x61 2147418112 131072", "-c", "write -P 0x62 5368705024 4096", folder["disk.vmdk"]]);
        await using var disk = await VmdkDisk.OpenAsync(folder["disk.vmdk"], CancellationToken.None);
        Assert.That(disk.Length, Is.EqualTo(Length));
        Assert.That(disk.Descriptor.Extents, Has.Count.EqualTo(3));
        var around = new byte[131074];
        await disk.ReadAsync(2147418111, around, CancellationToken.None);
        Assert.That((around[0], around[^1]), Is.EqualTo(((byte)0, (byte)0)));
        Assert.That(around.AsSpan(1, 131072).ContainsAnyExcept((byte)0x61), Is.False);
        await disk.ReadAsync(Length - 4096, around.AsMemory(0, 4096), CancellationToken.None);
        Assert.That(around.AsSpan(0, 4096).ContainsAnyExcept((byte)0x62), Is.False);
        Assert.That(
            await RunsAsync(disk),
            Is.EqualTo(new BlockRun[]
            {
                new(0, 2147418112, BlockRunKind.Hole), new(2147418112, 131072, BlockRunKind.Data),
                new(2147549184, Length - 65536 - 2147549184, BlockRunKind.Hole), new(Length - 65536, 65536, BlockRunKind.Data),
            }));
    }

    [Test]
    public async Task One_extent_of_several_is_not_taken_for_a_disk()
    {
        using var folder = new TempFolder();
        await QemuImg.ConvertAsync(folder, BlockContent.Mixed(1 << 20), "twoGbMaxExtentSparse", "disk.vmdk");
        Assert.That(
            async () => await VmdkDisk.OpenAsync(folder["disk-s001.vmdk"], CancellationToken.None),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.DescriptorInvalid)
                .And.Message.Contains("Name the descriptor"));
    }

    [Test]
    public async Task A_sparse_disk_is_not_opened_for_writing()
    {
        using var folder = new TempFolder();
        await QemuImg.ConvertAsync(folder, BlockContent.Mixed(1 << 20), "monolithicSparse", "disk.vmdk");
        Assert.That(
            async () => await WritableVmdkDisk.OpenWritableAsync(folder["disk.vmdk"], CancellationToken.None),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.AccessDenied));
    }

    /// <summary>The bytes are the raw ones, and data is where qemu says that data is.</summary>
    static async Task ExpectAsync(VmdkDisk disk, byte[] content, string path)
    {
        Assert.That((await ReadAsync(disk)).AsSpan().SequenceEqual(content), Is.True, "the bytes");
        var data = (await RunsAsync(disk)).Where(run => run.Kind == BlockRunKind.Data).Select(run => (run.Offset, run.Length));
        Assert.That(data, Is.EqualTo(await QemuImg.DataAsync(path)), "the map");
    }

    static async Task<byte[]> ReadAsync(VmdkDisk disk)
    {
        var content = new byte[disk.Length];
        await disk.ReadAsync(0, content, CancellationToken.None);
        return content;
    }

    static async Task<List<BlockRun>> RunsAsync(VmdkDisk disk)
    {
        var runs = new List<BlockRun>();
        await foreach (var run in disk.RunsAsync(0, disk.Length, CancellationToken.None))
        {
            runs.Add(run);
        }

        return runs;
    }
}
