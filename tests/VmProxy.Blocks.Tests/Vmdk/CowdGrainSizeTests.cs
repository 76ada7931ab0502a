using System.Buffers.Binary;
using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

/// <summary>Redo logs of other products have grains of several sectors: a write then keeps the rest of its grain from the parent.</summary>
[TestFixture(8)]
[TestFixture(128)]
sealed class CowdGrainSizeTests(int grainSectors) : WritableBlockDeviceConformance
{
    const int Length = (3 * 1024 * 1024) + 512;

    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        await using (await WritableCowdExtent.CreateAsync(folder["d"], Length, null, CancellationToken.None))
        {
        }

        await using (var file = await WritableFileBlockDevice.OpenWritableAsync(folder["d"]))
        {
            var grain = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(grain, grainSectors);
            await file.WriteAsync(0x10, grain, CancellationToken.None);
        }

        var content = BlockContent.Mixed(Length);
        var parent = new MemoryBlockDevice((byte[])content.Clone());
        return new ConformanceSubject(
            await WritableCowdExtent.OpenAsync(folder["d"], parent, CancellationToken.None),
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }
}
