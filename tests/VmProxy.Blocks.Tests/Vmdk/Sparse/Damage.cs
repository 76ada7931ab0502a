using System.Buffers.Binary;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>Opens damaged images, reads all of them, and says how that ended.</summary>
static class Damage
{
    public static void Put32(byte[] image, long offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)offset), value);

    public static void Put64(byte[] image, long offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan((int)offset), value);

    public static uint Get32(byte[] image, long offset) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan((int)offset));

    /// <summary>What the image shows, or the one exception that it may end in.</summary>
    /// <param name="image">The file.</param>
    /// <param name="most">Bytes of the disk that are read at most.</param>
    /// <param name="through">What the file is read through.</param>
    public static async Task<(byte[]? Content, BlockDeviceException? Error)> ReadAsync(
        byte[] image, long most = 32 << 20, Func<IBlockDevice, IBlockDevice>? through = null)
    {
        try
        {
            await using var disk = await MemoryVmdkFiles.OpenAsync(image, through);
            await foreach (var _ in disk.RunsAsync(0, Math.Min(disk.Length, 1L << 32), CancellationToken.None))
            {
            }

            var content = new byte[Math.Min(disk.Length, most)];
            for (var offset = 0; offset < content.Length; offset += 100_000)
            {
                await disk.ReadAsync(offset, content.AsMemory(offset, Math.Min(100_000, content.Length - offset)), CancellationToken.None);
            }

            return (content, null);
        }
        catch (BlockDeviceException exception)
        {
            return (null, exception);
        }
    }

    public static async Task ExpectAsync(byte[] image, string code, string? word = null)
    {
        var (_, error) = await ReadAsync(image);
        Assert.That(error?.Code, Is.EqualTo(code), error?.Message);
        Assert.That(error!.Device, Is.EqualTo(MemoryVmdkFiles.Name), "it says which file");
        Assert.That(error.Message, Does.Contain(word ?? MemoryVmdkFiles.Name));
    }

    public static async Task ExpectContentAsync(byte[] image, byte[] content, Func<IBlockDevice, IBlockDevice>? through = null)
    {
        var (read, error) = await ReadAsync(image, through: through);
        Assert.That(error, Is.Null);
        Assert.That(read.AsSpan().SequenceEqual(content), Is.True);
    }
}
