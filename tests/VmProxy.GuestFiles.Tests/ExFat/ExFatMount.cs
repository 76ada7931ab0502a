using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.GuestFiles.Tests.Volumes;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.ExFat;

/// <summary>An image mounted by exfat-fuse, which takes nothing but block devices. Disposing it unmounts.</summary>
sealed class ExFatMount(LoopDevice loop, Mounted mounted) : IAsyncDisposable
{
    public string Folder => mounted.Folder;

    public static async Task<ExFatMount> MountAsync(string image)
    {
        var loop = await LoopDevice.AttachAsync(image);
        try
        {
            return new ExFatMount(loop, await Mounted.MountAsync(folder => Tool.RunAsync(Tool.Require("mount.exfat-fuse", "exfat-fuse"), [loop.Path, folder])));
        }
        catch
        {
            await loop.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await mounted.DisposeAsync();
        await loop.DisposeAsync();
    }
}
