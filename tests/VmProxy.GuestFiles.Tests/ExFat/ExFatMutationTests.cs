using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.ExFat;

[NonParallelizable]
sealed class ExFatMutationTests
{
    [Test]
    public async Task Damaged_volumes_are_refused_or_read_in_part_and_nothing_else_happens()
    {
        using var image = await ExFatImage.CreateAsync(4, "-c 4096", 10);
        var bytes = image.Image.ReadAll();
        var (table, heap, root) = (BitConverter.ToInt32(bytes, 80) * 512, BitConverter.ToInt32(bytes, 88) * 512, BitConverter.ToInt32(bytes, 96));
        await Mutation.RunAsync(
            bytes,
            [(64, 50), (table, 400), (heap + ((root - 2) * 4096), 4096), (heap + ((root - 2) * 4096), 4096), (heap, 64 * 1024)],
            (device, cancellationToken) => Exercise.FileSystemAsync(device, (volume, token) => ExFatFileSystem.OpenAsync(volume, "p1", token), cancellationToken),
            repair: ExFatTests.SealBoot);
    }
}
