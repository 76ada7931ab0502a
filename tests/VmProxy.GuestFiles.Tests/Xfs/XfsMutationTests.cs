using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>Damage of any kind ends in the documented errors, in bounded time and memory.</summary>
[NonParallelizable]
sealed class XfsMutationTests
{
    [Test]
    [Category("Slow")]
    public async Task Damaged_metadata_is_told_and_nothing_else_happens()
    {
        using var image = await XfsImage.MakeAsync("16M");
        await image.FillAsync("little");
        var bytes = await File.ReadAllBytesAsync(image.Path);
        var metadata = XfsBlocks.MetadataOf(bytes);
        Assert.That(metadata, Has.Count.GreaterThan(50));
        await Mutation.RunAsync(bytes, metadata, ExerciseAsync, repair: XfsBlocks.Repair);
    }

    [Test]
    [Category("Slow")]
    public async Task A_damaged_log_is_told_and_nothing_else_happens()
    {
        using var image = await XfsImage.MakeAsync("16M");
        await image.FillAsync("workload 20 60 log");
        var bytes = await File.ReadAllBytesAsync(image.Path);
        await Mutation.RunAsync(bytes, XfsBlocks.LogOf(bytes), ExerciseAsync, repair: mutant =>
        {
            XfsBlocks.Repair(mutant);
            XfsBlocks.RepairLog(mutant);
        });
    }

    static Task ExerciseAsync(Blocks.IBlockDevice device, CancellationToken cancellationToken) =>
        Exercise.FileSystemAsync(device, (volume, cancel) => XfsFileSystem.OpenAsync(volume, "mutant", cancel), cancellationToken);
}
