using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>An NTFS image made by mkntfs and filled through ntfs-3g.</summary>
sealed class NtfsImage : IDisposable
{
    const string MountOptions = "big_writes,compression,special_files=wsl,streams_interface=";

    readonly TempFolder _folder = new();

    NtfsImage()
    {
    }

    public string Path => _folder["ntfs.img"];

    /// <summary>Makes an image and runs a Python script in the mounted tree; its first argument is the tree.</summary>
    public static async Task<NtfsImage> CreateAsync(string script, int clusterSize = 4096, int sectorSize = 512, long length = 64 << 20)
    {
        var image = new NtfsImage();
        await using (var file = File.Create(image.Path))
        {
            file.SetLength(length);
        }

        string[] arguments = ["-F", "-f", "-q", "-L", "Meßwerte", "-c", $"{clusterSize}", "-s", $"{sectorSize}", "-p", "0", "-H", "0", "-S", "0", image.Path];
        await Tool.RunAsync(Tool.Require("mkntfs", "ntfs-3g"), arguments);
        await image.ChangeAsync(script);
        return image;
    }

    /// <summary>Runs a Python script in the mounted tree. Named streams are extended attributes, or with "windows" files named file:stream, which can be long.</summary>
    public async Task ChangeAsync(string script, string streams = "xattr", params string[] arguments)
    {
        await using var mounted = await Mounted.ByNtfs3gAsync(Path, MountOptions + streams);
        await Tool.RunAsync(Tool.Require("python3", "python3"), ["-c", NtfsScripts.Prelude + script, mounted.Folder, .. arguments]);
    }

    /// <summary>Mounts it for a judge, so that nothing changes.</summary>
    public Task<Mounted> MountAsync() => Mounted.ByNtfs3gAsync(Path, "ro," + MountOptions + "xattr");

    /// <summary>Opens it with our reader.</summary>
    public async Task<OpenedNtfs> OpenAsync() => await OpenedNtfs.OpenAsync(await FileBlockDevice.OpenAsync(Path));

    public void Dispose() => _folder.Dispose();
}
