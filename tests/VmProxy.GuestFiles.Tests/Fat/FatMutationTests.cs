using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.Fat;

sealed class FatMutationTests
{
    [TestCase(1000, "-F 12")]
    [TestCase(4000, "-F 32 -s 1")]
    public async Task Damaged_volumes_are_refused_or_read_in_part_and_nothing_else_happens(int kibibytes, string options)
    {
        using var image = await FatImage.CreateAsync(kibibytes, options, 10);
        var bytes = image.Image.ReadAll();
        var reserved = BitConverter.ToUInt16(bytes, 14) * 512;
        await Mutation.RunAsync(
            bytes,
            [(0, 100), (reserved, 600), (reserved, 6000), (reserved + 3000, 60_000)],
            (device, cancellationToken) => Exercise.FileSystemAsync(device, (volume, token) => FatFileSystem.OpenAsync(volume, "p1", token), cancellationToken));
    }
}
