using System.Globalization;
using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Files;

/// <summary>Makes the images that are measured, and mounts them for those who need a mount; as root. Those that take minutes to fill are kept for the next run.</summary>
/// <param name="kept">Where those lie.</param>
/// <param name="work">Where all else lies.</param>
/// <param name="runner">What runs programs.</param>
sealed class GuestImages(string kept, string work, Runner runner)
{
    static readonly Dictionary<string, string> NoEnvironment = [];

    /// <summary>An ext4 image of a <see cref="FileTree"/>, filled by mke2fs.</summary>
    public Task<string> ExtAsync(int files, CancellationToken cancellationToken) => KeptAsync(
        "ext4",
        files,
        async image =>
        {
            var folder = Directory.CreateDirectory(Path.Combine(work, "tree")).FullName;
            await FileTree.WriteAsync(folder, files, cancellationToken);
            var inodes = ((FileTree.Entries(files) * 4L / 3) + 1000).ToString(CultureInfo.InvariantCulture);
            await RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-N", inodes, "-d", folder, image], cancellationToken);
            Directory.Delete(folder, recursive: true);
        });

    /// <summary>An NTFS image of a <see cref="FileTree"/>, filled by ntfs-3g.</summary>
    public Task<string> NtfsAsync(int files, CancellationToken cancellationToken) => KeptAsync(
        "ntfs",
        files,
        async image =>
        {
            await RunAsync("mkntfs", ["-q", "-f", "-F", image], cancellationToken);
            var mounted = await MountByNtfs3gAsync(image, "big_writes", cancellationToken);
            await using (mounted)
            {
                await FileTree.WriteAsync(mounted.ToString()!, files, cancellationToken);
            }
        });

    /// <summary>An ext4 image with one file, /big, of bytes that nothing can guess.</summary>
    public async Task<string> BigFileAsync(long bytes, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work, "one")).FullName;
        await RunAsync("sh", ["-c", $"head -c {bytes} /dev/urandom > {folder}/big"], cancellationToken);
        var image = NewImage(Path.Combine(work, "big.img"), bytes + (bytes / 8) + (64 << 20));
        await RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-d", folder, image], cancellationToken);
        Directory.Delete(folder, recursive: true);
        return image;
    }

    public async Task<IAsyncDisposable> MountByKernelAsync(string image, CancellationToken cancellationToken)
    {
        var folder = NewMountPoint();
        await RunAsync("mount", ["-o", "loop,ro", image, folder], cancellationToken);
        return new Mount(folder, () => UnmountAsync(folder));
    }

    public Task<IAsyncDisposable> MountByNtfs3gAsync(string image, CancellationToken cancellationToken) => MountByNtfs3gAsync(image, "ro", cancellationToken);

    // Unmounted is not yet written: that it is once ntfs-3g has ended.
    async Task<IAsyncDisposable> MountByNtfs3gAsync(string image, string options, CancellationToken cancellationToken)
    {
        var folder = NewMountPoint();
        var ntfs3g = RunAsync("ntfs-3g", ["-o", $"no_detach,{options}", image, folder], CancellationToken.None);
        while (!ntfs3g.IsCompleted && !(await File.ReadAllTextAsync("/proc/self/mounts", cancellationToken)).Contains($" {folder} ", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }

        if (ntfs3g.IsCompleted)
        {
            await ntfs3g;
        }

        return new Mount(folder, async () =>
        {
            await UnmountAsync(folder);
            await ntfs3g;
        });
    }

    string NewMountPoint() => Directory.CreateDirectory(Path.Combine(work, "mounted")).FullName;

    // Where somebody still looks into it, it is taken away at least, for what lies in the work folder is deleted in the end.
    Task UnmountAsync(string folder) => RunAsync("sh", ["-c", "umount \"$1\" || umount -l \"$1\"", "sh", folder], CancellationToken.None);

    // It gets its name when it is whole. 24 GiB for a million files, sparse.
    async Task<string> KeptAsync(string name, int files, Func<string, Task> fill)
    {
        var image = Path.Combine(kept, string.Create(CultureInfo.InvariantCulture, $"{name}-{files}.img"));
        if (!File.Exists(image))
        {
            var unfinished = NewImage(Path.Combine(work, name), (files * 24L * 1024) + (256 << 20));
            await fill(unfinished);
            File.Move(unfinished, image);
        }

        return image;
    }

    static string NewImage(string path, long bytes)
    {
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
