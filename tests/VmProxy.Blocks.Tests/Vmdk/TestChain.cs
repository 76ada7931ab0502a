using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

static class TestChain
{
    /// <summary>Makes vm.vmdk, vm-000001.vmdk and vm-000002.vmdk, each written in part, and returns what the last shows.</summary>
    public static async Task<byte[]> CreateAsync(TempFolder folder, int length)
    {
        var content = BlockContent.Mixed(length);
        await VmdkFactory.CreateFlatAsync(folder["vm.vmdk"], length, [new("adapterType", "lsilogic")], CancellationToken.None);
        await using (var disk = await WritableVmdkDisk.OpenWritableAsync(folder["vm.vmdk"], CancellationToken.None))
        {
            await SparseCopy.WriteAsync(disk, content);
        }

        for (var link = 1; link <= 2; link++)
        {
            var path = folder[$"vm-00000{link}.vmdk"];
            var parent = link == 1 ? folder["vm.vmdk"] : folder[$"vm-00000{link - 1}.vmdk"];
            await VmdkFactory.CreateDeltaAsync(path, parent, CancellationToken.None);
            await using var disk = await WritableVmdkDisk.OpenWritableAsync(path, CancellationToken.None);
            await WriteRandomlyAsync(disk, content, seed: link);
        }

        return content;
    }

    public static async Task WriteRandomlyAsync(IWritableBlockDevice disk, byte[] model, int seed, int writes = 60)
    {
        var random = new Random(seed);
        for (var i = 0; i < writes; i++)
        {
            var offset = random.Next(model.Length);
            var data = new byte[random.Next(1, Math.Min(40_000, model.Length - offset + 1))];
            random.NextBytes(data);
            await disk.WriteAsync(offset, data, CancellationToken.None);
            data.CopyTo(model, offset);
        }

        await disk.FlushAsync(CancellationToken.None);
    }
}
