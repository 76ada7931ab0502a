using System.Buffers.Binary;
using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.Volumes;

[NonParallelizable]
sealed class LvmMutationTests
{
    const int Area = 4096;
    const int AreaSize = 64 * 1024;

    [Test]
    public async Task Damaged_groups_are_refused_or_read_in_part_and_nothing_else_happens()
    {
        await using var lab = await LvmLab.CreateAsync(2, 2);
        foreach (var line in new[] { "pvcreate --metadatasize 60k {0} {1}", "vgcreate -s 64k vg0 {0} {1}", "lvcreate -L 256k -n a vg0 {0}", "lvcreate -i 2 -I 4k -L 256k -n b vg0", "lvextend -L 512k vg0/a {1}" })
        {
            await lab.LvmAsync(line);
        }

        await lab.DetachAsync();
        byte[] both = [.. lab.Images[0].ReadAll(), .. lab.Images[1].ReadAll()];
        var half = both.Length / 2;
        var text = (int)BinaryPrimitives.ReadInt64LittleEndian(both.AsSpan(Area + 40)) + Area;
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(both.AsSpan(Area + 48));
        await Mutation.RunAsync(
            both,
            [(512, 160), (Area, 80), (text, length), (text, length), (half + 512, 160), (half + Area, 80)],
            async (device, cancellationToken) =>
            {
                await using var first = new SliceBlockDevice(device, 0, half, ownsInner: false);
                await using var second = new SliceBlockDevice(device, half, half, ownsInner: false);
                await using var disks = await GuestDisks.OpenAsync([new GuestDisk("a", first), new GuestDisk("b", second)], cancellationToken);
                Assert.That(disks.Volumes.Select(volume => volume.Name), Is.Unique);
                foreach (var volume in disks.Volumes)
                {
                    await ReadAsync(volume.Device, cancellationToken);
                }
            },
            repair: image => Repair(image, half));
    }

    static async Task ReadAsync(IBlockDevice device, CancellationToken cancellationToken)
    {
        var bytes = new byte[(int)Math.Min(256 * 1024, device.Length)];
        await device.ReadAsync(device.Length - bytes.Length, bytes, cancellationToken);
        long at = 0;
        await foreach (var run in device.RunsAsync(0, device.Length, cancellationToken))
        {
            Assert.That(run.Offset, Is.EqualTo(at));
            at = run.End;
        }

        Assert.That(at, Is.EqualTo(device.Length));
    }

    /// <summary>Makes the checks of labels, headers and texts right again.</summary>
    static void Repair(byte[] image, int half)
    {
        foreach (var start in new[] { 0, half })
        {
            var label = image.AsSpan(start + 512, 512);
            BinaryPrimitives.WriteUInt32LittleEndian(label[16..], LvmLabel.Check(label[20..]));
            var area = image.AsSpan(start + Area, AreaSize);
            var (at, length) = (BinaryPrimitives.ReadInt64LittleEndian(area[40..]), BinaryPrimitives.ReadInt64LittleEndian(area[48..]));
            if (at is > 0 and < AreaSize && length > 0 && length <= AreaSize - at)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(area[56..], LvmLabel.Check(area.Slice((int)at, (int)length)));
            }

            BinaryPrimitives.WriteUInt32LittleEndian(area, LvmLabel.Check(area[4..512]));
        }
    }
}
