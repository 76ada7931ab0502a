using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.Fat;

[NonParallelizable]
sealed class FatMutationTests
{
    [TestCase(1000, "-F 12")]
    [TestCase(34_000, "-F 32 -s 1")]
    public async Task Damaged_volumes_are_refused_or_read_in_part_and_nothing_else_happens(int kibibytes, string options)
    {
        using var image = await FatImage.CreateAsync(kibibytes, options, 10);
        // What is behind the files is cut off, so that a round is quick.
        var bytes = image.Image.Read(0, Math.Min(kibibytes * 1024, 1536 * 1024));
        var reserved = BitConverter.ToUInt16(bytes, 14) * 512;
        var table = BitConverter.ToUInt16(bytes, 22) is not 0 and var small ? small : BitConverter.ToInt32(bytes, 36);
        var heap = reserved + (2 * table * 512);
        await Mutation.RunAsync(
            bytes,
            [(0, 100), (reserved, 600), (heap, 8192), (heap, 60_000)],
            (device, cancellationToken) => Exercise.FileSystemAsync(device, (volume, token) => FatFileSystem.OpenAsync(volume, "p1", token), cancellationToken));
    }
}
