using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Judging;

/// <summary>An image mounted in a folder of its own, by the kernel or by FUSE. Disposing it unmounts. It needs root, as the tests' machine has.</summary>
sealed class Mounted : IAsyncDisposable
{
    readonly TempFolder _folder;

    Mounted(TempFolder folder) => _folder = folder;

    public string Folder => _folder.Path;

    /// <summary>Mounts by the kernel, through a loop device.</summary>
    public static Task<Mounted> ByKernelAsync(string image, string options = "loop") =>
        MountAsync(folder => Tool.RunAsync(Tool.Require("mount", "mount"), ["-o", options, image, folder]));

    /// <summary>Mounts by ntfs-3g.</summary>
    public static Task<Mounted> ByNtfs3gAsync(string image, string options = "big_writes,streams_interface=xattr") =>
        MountAsync(folder => Tool.RunAsync(Tool.Require("ntfs-3g", "ntfs-3g"), ["-o", options, image, folder]));

    /// <summary>Mounts by any program that takes an image and a folder.</summary>
    public static async Task<Mounted> MountAsync(Func<string, Task> mount)
    {
        var folder = new TempFolder();
        try
        {
            await mount(folder.Path);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        return new Mounted(folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync(Tool.Require("umount", "mount"), [Folder]);
        _folder.Dispose();
    }
}
