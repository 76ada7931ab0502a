using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

[Parallelizable]
sealed class VmdkDiskTests
{
    [Test]
    public async Task Several_extents_of_every_flat_kind_make_one_disk()
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed(64 * 512);
        await File.WriteAllBytesAsync(folder["a"], [.. new byte[3 * 512], .. content.AsSpan(0, 10 * 512)]);
        await File.WriteAllBytesAsync(folder["b"], content.AsSpan(30 * 512).ToArray());
        await WriteAsync(
            folder["d.vmdk"], "RW 10 FLAT \"a\" 3\nNOACCESS 5 FLAT \"no such file\" 0\nRW 15 ZERO\nRDONLY 34 VMFS \"b\"");
        content.AsSpan(10 * 512, 20 * 512).Clear();
        await using var disk = await VmdkDisk.OpenAsync(folder["d.vmdk"], CancellationToken.None);
        Assert.That(await ReadAsync(disk), Is.EqualTo(content));
    }

    [Test]
    public async Task A_disk_with_an_extent_that_is_not_for_writing_is_not_opened_for_writing()
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["a"], new byte[10 * 512]);
        await WriteAsync(folder["d.vmdk"], "RDONLY 10 FLAT \"a\" 0");
        var error = Assert.ThrowsAsync<BlockDeviceException>(() => WritableVmdkDisk.OpenWritableAsync(folder["d.vmdk"], CancellationToken.None));
        Assert.That(error!.Code, Is.EqualTo(BlockErrorCodes.AccessDenied));
    }

    [TestCase("RW 10 SESPARSE \"x\"", "SESPARSE")]
    [TestCase("RW 10 VMFSRDM \"x\"", "VMFSRDM")]
    [TestCase("RW 10 WHATEVER \"x\"", "WHATEVER")]
    public async Task An_unsupported_extent_is_named(string extent, string type)
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["d.vmdk"], extent);
        var error = await ExpectAsync(folder["d.vmdk"], BlockErrorCodes.DescriptorUnsupported);
        Assert.That(error.Message, Does.Contain($"type {type},"));
    }

    [Test]
    public async Task A_flat_extent_that_is_cut_off_is_refused()
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["a"], new byte[9 * 512]);
        await WriteAsync(folder["d.vmdk"], "RW 10 FLAT \"a\" 0");
        await ExpectAsync(folder["d.vmdk"], BlockErrorCodes.ExtentInvalid);
        await WriteAsync(folder["d.vmdk"], "RW 9 FLAT \"a\" 9007199254740991");
        await ExpectAsync(folder["d.vmdk"], BlockErrorCodes.ExtentInvalid);
    }

    [TestCase("/etc/passwd")]
    [TestCase("../d/../../secret")]
    [TestCase("/vmfs/volumes/ds1/vm/vm-flat.vmdk")]
    [TestCase(".")]
    public async Task A_name_that_leaves_the_folder_is_refused(string name)
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["d.vmdk"], $"RW 1 FLAT \"{name}\" 0");
        await ExpectAsync(folder["d.vmdk"], BlockErrorCodes.ExtentInvalid);
        await WriteAsync(folder["d.vmdk"], "RW 1 ZERO", $"parentCID=00000001\nparentFileNameHint=\"{name}\"");
        await ExpectAsync(folder["d.vmdk"], BlockErrorCodes.ChainBroken);
    }

    [Test]
    public async Task A_datastore_path_is_found_through_the_resolver()
    {
        using var folder = new TempFolder();
        using var datastore = new TempFolder();
        await File.WriteAllBytesAsync(datastore["x"], BlockContent.Mixed(512));
        await WriteAsync(folder["d.vmdk"], "RW 1 VMFS \"/vmfs/volumes/ds1/x\"");
        var files = new LocalVmdkFiles(name => name.Replace("/vmfs/volumes/ds1", datastore.Path, StringComparison.Ordinal));
        await using var disk = await VmdkDisk.OpenAsync(folder["d.vmdk"], files, withParents: true, CancellationToken.None);
        Assert.That(await ReadAsync(disk), Is.EqualTo(BlockContent.Mixed(512)));
    }

    [Test]
    public async Task A_parent_that_was_written_after_the_snapshot_breaks_the_chain()
    {
        using var folder = new TempFolder();
        await TestChain.CreateAsync(folder, 1 << 20);
        var parent = await VmdkDescriptor.ReadAsync(folder["vm.vmdk"], CancellationToken.None);
        await (parent with { Cid = parent.Cid ^ 1 }).WriteAsync(folder["vm.vmdk"], CancellationToken.None);
        var error = await ExpectAsync(folder["vm-000002.vmdk"], BlockErrorCodes.ChainBroken);
        Assert.That(error.Message, Does.Contain($"{parent.Cid:x8}").And.Contain($"{parent.Cid ^ 1:x8}").And.Contain("vm.vmdk"));
    }

    [Test]
    public async Task A_missing_parent_is_named()
    {
        using var folder = new TempFolder();
        await TestChain.CreateAsync(folder, 1 << 20);
        File.Delete(folder["vm-000001.vmdk"]);
        var error = await ExpectAsync(folder["vm-000002.vmdk"], BlockErrorCodes.NotFound);
        Assert.That(error.Device, Is.EqualTo(folder["vm-000001.vmdk"]));
    }

    [Test]
    public async Task A_parent_of_another_size_breaks_the_chain()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["p.vmdk"], "RW 2 ZERO");
        await WriteAsync(folder["d.vmdk"], "RW 1 ZERO", "parentCID=00000001\nparentFileNameHint=\"p.vmdk\"");
        await ExpectAsync(folder["d.vmdk"], BlockErrorCodes.ChainBroken);
    }

    [Test]
    public async Task A_chain_that_bites_its_tail_is_refused()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["a.vmdk"], "RW 1 ZERO", "parentCID=00000001\nparentFileNameHint=\"b.vmdk\"");
        await WriteAsync(folder["b.vmdk"], "RW 1 ZERO", "parentCID=00000001\nparentFileNameHint=\"./a.vmdk\"");
        Assert.That((await ExpectAsync(folder["a.vmdk"], BlockErrorCodes.ChainBroken)).Message, Does.Contain("ancestor"));
    }

    [Test]
    public async Task A_chain_may_have_32_links_and_no_more()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["0.vmdk"], "RW 1 ZERO");
        for (var i = 1; i <= 32; i++)
        {
            await WriteAsync(folder[$"{i}.vmdk"], "RW 1 ZERO", $"parentCID=00000001\nparentFileNameHint=\"{i - 1}.vmdk\"");
        }

        await using (var disk = await VmdkDisk.OpenAsync(folder["31.vmdk"], CancellationToken.None))
        {
            Assert.That(disk.Chain, Has.Count.EqualTo(32));
        }

        Assert.That((await ExpectAsync(folder["32.vmdk"], BlockErrorCodes.ChainBroken)).Message, Does.Contain("32"));
    }

    [Test]
    public async Task A_huge_file_is_not_taken_for_a_descriptor()
    {
        using var folder = new TempFolder();
        await using (await WritableFileBlockDevice.CreateAsync(folder["d-flat.vmdk"], 1L << 40))
        {
        }

        await ExpectAsync(folder["d-flat.vmdk"], BlockErrorCodes.DescriptorInvalid);
    }

    [Test]
    public async Task Without_its_parents_a_delta_shows_what_it_holds_itself()
    {
        using var folder = new TempFolder();
        await VmdkFactory.CreateFlatAsync(folder["vm.vmdk"], 1 << 24, [], CancellationToken.None);
        await VmdkFactory.CreateDeltaAsync(folder["vm-1.vmdk"], folder["vm.vmdk"], CancellationToken.None);
        await using (var disk = await WritableVmdkDisk.OpenWritableAsync(folder["vm-1.vmdk"], CancellationToken.None))
        {
            await disk.WriteAsync(5_000_000, new byte[] { 1 }, CancellationToken.None);
            await disk.FlushAsync(CancellationToken.None);
        }

        await using var alone = await VmdkDisk.OpenAsync(folder["vm-1.vmdk"], new LocalVmdkFiles(), withParents: false, CancellationToken.None);
        var held = new List<BlockRun>();
        await foreach (var run in alone.RunsAsync(0, alone.Length, CancellationToken.None))
        {
            held.Add(run);
        }

        var sector = 5_000_000 / 512 * 512;
        Assert.That(held.Single(run => run.Kind == BlockRunKind.Data), Is.EqualTo(new BlockRun(sector, 512, BlockRunKind.Data)));
    }

    [Test]
    public async Task New_disks_never_replace_old_ones()
    {
        using var folder = new TempFolder();
        await VmdkFactory.CreateFlatAsync(folder["vm.vmdk"], 512, [], CancellationToken.None);
        Assert.That(
            async () => await VmdkFactory.CreateFlatAsync(folder["vm.vmdk"], 512, [], CancellationToken.None),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.Exists));
        Assert.That(
            async () => await VmdkFactory.CreateDeltaAsync(folder["vm.vmdk"], folder["vm.vmdk"], CancellationToken.None),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.Exists));
    }

    static Task WriteAsync(string path, string extents, string parent = "parentCID=ffffffff") => File.WriteAllTextAsync(
        path, $"# Disk DescriptorFile\nversion=1\nCID=00000001\n{parent}\ncreateType=\"custom\"\n{extents}\n");

    static async Task<byte[]> ReadAsync(IBlockDevice disk)
    {
        var content = new byte[disk.Length];
        await disk.ReadAsync(0, content, CancellationToken.None);
        return content;
    }

    static async Task<BlockDeviceException> ExpectAsync(string path, string code)
    {
        try
        {
            await using var disk = await VmdkDisk.OpenAsync(path, CancellationToken.None);
        }
        catch (BlockDeviceException exception)
        {
            Assert.That(exception.Code, Is.EqualTo(code), exception.Message);
            return exception;
        }

        throw new AssertionException($"{code} was expected.");
    }
}
