using System.Buffers.Binary;
using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.Volumes;

[NonParallelizable]
sealed class PartitionMutationTests
{
    const int MiB = 1024 * 1024;

    [Test]
    public async Task Damaged_tables_are_refused_or_read_in_part_and_nothing_else_happens()
    {
        using var gpt = new TestImage(2 * MiB);
        await gpt.ShellAsync("printf 'label: gpt\\nfirst-lba: 40\\n40,100,U\\n140,100,L\\n240,100,S\\n' | sfdisk -q {}");
        using var mbr = new TestImage(2 * MiB);
        await mbr.ShellAsync("printf 'label: dos\\n40,100,L\\n200,1000,E\\n210,100,L\\n320,100,L\\n430,100,S\\n' | sfdisk -q {}");
        var (gptBytes, mbrBytes) = (gpt.ReadAll(), mbr.ReadAll());
        var logical = Enumerable.Range(200, 1000).Where(sector => mbrBytes[(sector * 512) + 510] == 0x55).Select(sector => ((sector * 512) + 446, 66));
        byte[] both = [.. gptBytes, .. mbrBytes];
        await Mutation.RunAsync(
            both,
            [(446, 66), (512, 92), (1024, 4 * 128), (both.Length - (2 * MiB) + 446, 66), .. logical.Select(place => (2 * MiB + place.Item1, place.Item2))],
            async (device, cancellationToken) =>
            {
                await ExerciseAsync(new SliceBlockDevice(device, 0, 2 * MiB, ownsInner: false), cancellationToken);
                await ExerciseAsync(new SliceBlockDevice(device, 2 * MiB, 2 * MiB, ownsInner: false), cancellationToken);
            },
            repair: Repair);
    }

    static async Task ExerciseAsync(IBlockDevice device, CancellationToken cancellationToken)
    {
        await using var disks = await GuestDisks.OpenAsync([new GuestDisk("a", device)], cancellationToken);
        Assert.That(disks.Volumes.Select(volume => volume.Name), Is.Unique);
        foreach (var volume in disks.Volumes.Take(50))
        {
            Assert.That(volume.Device.Length, Is.LessThanOrEqualTo(volume.Length).And.LessThanOrEqualTo(device.Length), volume.Name);
            var bytes = new byte[Math.Min(4096, volume.Device.Length)];
            await volume.Device.ReadAsync(volume.Device.Length - bytes.Length, bytes, cancellationToken);
            Assert.That(volume.IsReadable, Is.False.Or.EqualTo(volume.Content.IsFileSystem), volume.Name);
        }
    }

    /// <summary>Makes the checks of the first GPT right again.</summary>
    static void Repair(byte[] image)
    {
        var header = image.AsSpan(512, 512);
        var (at, count, size) = (BinaryPrimitives.ReadInt64LittleEndian(header[72..]), BinaryPrimitives.ReadUInt32LittleEndian(header[80..]), BinaryPrimitives.ReadUInt32LittleEndian(header[84..]));
        var length = (long)count * size;
        if (at is > 0 and < 4000 && length is > 0 and < 1024 * 1024)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[88..], Crc32.Of(image.AsSpan((int)at * 512, (int)length)));
        }

        header.Slice(16, 4).Clear();
        var covered = (int)Math.Min(512, BinaryPrimitives.ReadUInt32LittleEndian(header[12..]));
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Crc32.Of(header[..covered]));
    }
}
