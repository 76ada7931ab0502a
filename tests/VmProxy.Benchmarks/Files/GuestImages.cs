using System.Globalization;
using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Files;

/// <summary>Makes the images that are measured, and mounts them for those who need a mount; as root.</summary>
sealed class GuestImages(string work, Runner runner)
{
    static readonly Dictionary<string, string> NoEnvironment = [];

    public async Task<GuestTree> TreeAsync(int files, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work, "tree")).FullName;
        return new GuestTree(folder, files, await FileTree.WriteAsync(folder, files, cancellationToken));
    }

    public async Task<string> ExtAsync(GuestTree tree, CancellationToken cancellationToken)
    {
        var image = NewImage("ext4.img", tree.ImageBytes);
        var inodes = (tree.Entries + (tree.Entries / 3) + 1000).ToString(CultureInfo.InvariantCulture);
        await RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-N", inodes, "-d", tree.Folder, image], cancellationToken);
        return image;
    }

    public async Task<string> NtfsAsync(GuestTree tree, CancellationToken cancellationToken)
    {
        var image = NewImage("ntfs.img", tree.ImageBytes);
        await RunAsync("mkntfs", ["-q", "-f", "-F", image], cancellationToken);
        var mounted = await MountByNtfs3gAsync(image, cancellationToken);
        await using (mounted)
        {
            await RunAsync("cp", ["-r", $"{tree.Folder}/.", mounted.ToString()!], cancellationToken);
        }

        return image;
    }

    /// <summary>An ext4 image with one file, /big, of bytes that nothing can guess.</summary>
    public async Task<string> BigFileAsync(long bytes, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work, "one")).FullName;
        await RunAsync("sh", ["-c", $"head -c {bytes} /dev/urandom > {folder}/big"], cancellationToken);
        var image = NewImage("big.img", bytes + (bytes / 8) + (64 << 20));
        await RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-d", folder, image], cancellationToken);
        Directory.Delete(folder, recursive: true);
        return image;
    }

    public Task<IAsyncDisposable> MountByKernelAsync(string image, CancellationToken cancellationToken) =>
        MountAsync(folder => RunAsync("mount", ["-o", "loop,ro", image, folder], cancellationToken));

    public Task<IAsyncDisposable> MountByNtfs3gAsync(string image, CancellationToken cancellationToken) =>
        MountAsync(folder => RunAsync("ntfs-3g", ["-o", "big_writes", image, folder], cancellationToken));

    async Task<IAsyncDisposable> MountAsync(Func<string, Task> mount)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work, "mounted")).FullName;
        await mount(folder);
        return new Mount(folder, () => RunAsync("umount", [folder], CancellationToken.None));
    }

    string NewImage(string name, long bytes)
    {
        var path = Path.Combine(work, name);
        using var file = new FileStream(path, FileMode.CreateNew);
        file.SetLength(bytes);
        return path;
    }

    Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken) => runner.RunAsync(program, arguments, NoEnvironment, cancellationToken);

    sealed class Mount(string folder, Func<Task> unmount) : IAsyncDisposable
    {
        public override string ToString() => folder;

        public async ValueTask DisposeAsync() => await unmount();
    }
}

/// <summary>A tree of files on this machine.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Files">How many files it has.</param>
/// <param name="Entries">How many files and directories.</param>
sealed record GuestTree(string Folder, int Files, int Entries)
{
    /// <summary>Size of an image that holds it: 24 GiB for a million files, sparse.</summary>
    public long ImageBytes => (Files * 24L * 1024) + (256 << 20);

    public void Remove() => Directory.Delete(Folder, recursive: true);
}
