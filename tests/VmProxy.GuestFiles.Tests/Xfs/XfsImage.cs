using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>An image of XFS that mkfs.xfs made and the kernel fills and judges.</summary>
sealed class XfsImage : IDisposable
{
    readonly TempFolder _folder = new();

    /// <summary>The image's file.</summary>
    public string Path => _folder["image"];

    /// <summary>Makes one; a size as truncate takes it.</summary>
    public static async Task<XfsImage> MakeAsync(string size, string options = "")
    {
        var image = new XfsImage();
        await Tool.RunAsync(Tool.Require("truncate", "coreutils"), ["-s", size, image.Path]);
        await Tool.RunAsync(
            Tool.Require("mkfs.xfs", "xfsprogs"),
            ["--unsupported", "-q", "-f", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), image.Path]);
        return image;
    }

    /// <summary>Mounts it, lets xfs_tree.py fill it, and unmounts it.</summary>
    public async Task FillAsync(string arguments)
    {
        await using var mounted = await Mounted.ByKernelAsync(Path);
        await RunTreeAsync(mounted.Folder, arguments);
    }

    public static Task RunTreeAsync(string folder, string arguments) =>
        Tool.RunAsync(
            Tool.Require("python3", "python3"),
            [System.IO.Path.Combine(TestContext.CurrentContext.TestDirectory, "Xfs", "xfs_tree.py"), folder, .. arguments.Split(' ')]);

    /// <summary>What the kernel says of it, without a change of a single byte.</summary>
    public async Task<IReadOnlyList<FileFacts>> JudgeAsync(bool withContent = true)
    {
        await using var mounted = await Mounted.ByKernelAsync(Path, "loop,ro,norecovery,noatime");
        return await KernelFacts.OfAsync(mounted.Folder, withContent);
    }

    /// <summary>What the kernel says of a copy after it has replayed the log.</summary>
    public async Task<IReadOnlyList<FileFacts>> JudgeRecoveredAsync()
    {
        var copy = _folder["copy"];
        await Tool.RunAsync(Tool.Require("cp", "coreutils"), ["--sparse=always", Path, copy]);
        await using var mounted = await Mounted.ByKernelAsync(copy, "loop,noatime");
        return await KernelFacts.OfAsync(mounted.Folder);
    }

    /// <summary>Changes bytes of the image.</summary>
    public async Task PatchAsync(long offset, ReadOnlyMemory<byte> bytes)
    {
        await using var file = new FileStream(Path, FileMode.Open, FileAccess.Write);
        file.Position = offset;
        await file.WriteAsync(bytes);
    }

    /// <summary>Asks xfs_db.</summary>
    public Task<string> AskAsync(params string[] commands) =>
        Tool.RunAsync(Tool.Require("xfs_db", "xfsprogs"), ["-r", .. commands.SelectMany(command => new[] { "-c", command }), Path]);

    /// <summary>Compares our view with a judge's. The size of a directory is nothing that we tell; lists of access rights are told once.</summary>
    public static void ExpectSame(IReadOnlyList<FileFacts> ours, IReadOnlyList<FileFacts> judge) => Judgement.ExpectSame(ours, judge, facts => facts with
    {
        Size = facts.Kind == GuestEntryKind.Directory ? null : facts.Size,
        Attributes = facts.Attributes?.Where(attribute => !attribute.Key.StartsWith("trusted.SGI_ACL", StringComparison.Ordinal)).ToDictionary(),
    });

    public async Task<OpenedXfs> OpenAsync()
    {
        var device = await FileBlockDevice.OpenAsync(Path);
        try
        {
            return new OpenedXfs(device, await XfsFileSystem.OpenAsync(device, "image", CancellationToken.None));
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>A file system and the device below it.</summary>
sealed record OpenedXfs(IBlockDevice Device, IGuestFileSystem FileSystem) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await FileSystem.DisposeAsync();
        await Device.DisposeAsync();
    }
}
