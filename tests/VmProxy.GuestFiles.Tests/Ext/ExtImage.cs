using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ext;

/// <summary>An image of a file system that mke2fs made, in a folder of its own.</summary>
sealed class ExtImage : IDisposable
{
    readonly TempFolder _folder = new();

    public string Path => _folder["image"];

    /// <summary>A file beside the image.</summary>
    public string this[string name] => _folder[name];

    /// <summary>A new image; the arguments are those of mke2fs, without the image.</summary>
    public static async Task<ExtImage> MakeAsync(string arguments, string size = "64M")
    {
        var image = new ExtImage();
        try
        {
            await Tool.RunAsync(
                Tool.Require("mke2fs", "e2fsprogs"), ["-q", "-F", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), image.Path, size]);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Runs one of the Python scripts of this folder on the mounted image.</summary>
    public async Task RunAsync(string script, IEnumerable<string> arguments, string options = "loop")
    {
        await using var mounted = await Mounted.ByKernelAsync(Path, options);
        await RunIn(mounted, script, arguments);
    }

    public static Task RunIn(Mounted mounted, string script, IEnumerable<string> arguments) =>
        Tool.RunAsync(Tool.Require("python3", "python3"), [System.IO.Path.Combine(TestContext.CurrentContext.TestDirectory, "Ext", script), mounted.Folder, .. arguments]);

    /// <summary>Changes what tune2fs can change; null for nothing.</summary>
    public Task TuneAsync(string? arguments) =>
        arguments is null ? Task.CompletedTask : Tool.RunAsync(Tool.Require("tune2fs", "e2fsprogs"), [.. arguments.Split(' '), Path]);

    /// <summary>Writes through debugfs.</summary>
    public Task<string> DebugAsync(string command) => Tool.RunAsync(Tool.Require("debugfs", "e2fsprogs"), ["-w", "-R", command, Path]);

    /// <summary>What the kernel says of the image, which it mounts without writing.</summary>
    public async Task<IReadOnlyList<FileFacts>> KernelFactsAsync(string options = "loop,ro")
    {
        await using var mounted = await Mounted.ByKernelAsync(Path, options);
        return await Judging.KernelFacts.OfAsync(mounted.Folder);
    }

    public async Task<Opened> OpenAsync()
    {
        var device = await FileBlockDevice.OpenAsync(Path);
        try
        {
            return new Opened(device, await ExtFileSystem.OpenAsync(device, "sda1", CancellationToken.None));
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>The sizes of directories and of special files mean blocks to the kernel, and nothing to us.</summary>
    public static FileFacts WithoutOtherSizes(FileFacts facts) =>
        facts.Kind is GuestEntryKind.File or GuestEntryKind.SymbolicLink ? facts : facts with { Size = null };

    public void Dispose() => _folder.Dispose();

    public sealed class Opened(FileBlockDevice device, IGuestFileSystem fileSystem) : IAsyncDisposable
    {
        public IGuestFileSystem FileSystem => fileSystem;

        public async ValueTask DisposeAsync()
        {
            await fileSystem.DisposeAsync();
            await device.DisposeAsync();
        }
    }
}
