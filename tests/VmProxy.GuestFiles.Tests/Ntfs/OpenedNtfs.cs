using VmProxy.Blocks;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>A file system and the device below it, closed together.</summary>
sealed record OpenedNtfs(IBlockDevice Device, IGuestFileSystem FileSystem) : IAsyncDisposable
{
    public static async Task<OpenedNtfs> OpenAsync(IBlockDevice device) =>
        new(device, await NtfsFileSystem.OpenAsync(device, "the volume", CancellationToken.None));

    /// <summary>The entry at a path, which must exist; a link at its end is not followed.</summary>
    public async Task<GuestEntry> FindAsync(string path) =>
        await GuestPath.FindAsync(FileSystem, path, followLast: false, CancellationToken.None) ?? throw new FileNotFoundException(path);

    /// <summary>All bytes of a file.</summary>
    public async Task<byte[]> ReadAsync(string path)
    {
        await using var content = await FileSystem.OpenAsync(await FindAsync(path), CancellationToken.None);
        return await ReadAllAsync(content);
    }

    public static async Task<byte[]> ReadAllAsync(IBlockDevice content)
    {
        var bytes = new byte[content.Length];
        await content.ReadAsync(0, bytes, CancellationToken.None);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await FileSystem.DisposeAsync();
        await Device.DisposeAsync();
    }
}
