using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

/// <summary>The kernel is the judge of what a sparse file holds.</summary>
[Parallelizable]
sealed class HolesTests
{
    const long Disk = 1L << 40;

    [Test]
    public async Task Runs_of_a_huge_sparse_file_follow_its_data()
    {
        using var folder = new TempFolder();
        await using var disk = await WritableFileBlockDevice.CreateAsync(folder["disk"], Disk);
        await disk.WriteAsync(1 << 20, BlockContent.Mixed(64 * 1024, 3), CancellationToken.None);
        await disk.WriteAsync(Disk - 4096, Enumerable.Repeat((byte)1, 4096).ToArray(), CancellationToken.None);
        await disk.FlushAsync(CancellationToken.None);

        var runs = await ListAsync(disk);
        Assert.That(runs.Where(run => run.Kind == BlockRunKind.Data).Sum(run => run.Length), Is.InRange(4096, 4 << 20));
        Assert.That(runs[^1], Is.EqualTo(new BlockRun(Disk - 4096, 4096, BlockRunKind.Data)));
        Assert.That(runs.Sum(run => run.Length), Is.EqualTo(Disk));
    }

    [Test]
    public async Task Zeroing_frees_the_space_and_leaves_the_length()
    {
        using var folder = new TempFolder();
        await using var disk = await WritableFileBlockDevice.CreateAsync(folder["disk"], 1 << 20);
        await disk.WriteAsync(0, Enumerable.Repeat((byte)1, 1 << 20).ToArray(), CancellationToken.None);
        await disk.ZeroAsync(0, 1 << 20, CancellationToken.None);
        await disk.FlushAsync(CancellationToken.None);
        Assert.That(new FileInfo(folder["disk"]).Length, Is.EqualTo(1 << 20));
        Assert.That(await ListAsync(disk), Is.EqualTo(new[] { new BlockRun(0, 1 << 20, BlockRunKind.Hole) }));
        var used = await Tool.RunAsync("stat", ["-c", "%b", folder["disk"]]);
        Assert.That(int.Parse(used, System.Globalization.CultureInfo.InvariantCulture), Is.LessThan(64), "blocks of 512 bytes");
    }

    static async Task<List<BlockRun>> ListAsync(IBlockDevice disk)
    {
        var runs = new List<BlockRun>();
        await foreach (var run in disk.RunsAsync(0, disk.Length, CancellationToken.None))
        {
            runs.Add(run);
        }

        return runs;
    }
}
