using System.Globalization;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

/// <summary>A loop device of one test over an image; disposing it detaches it.</summary>
sealed class LoopDevice : IAsyncDisposable
{
    LoopDevice(string path) => Path = path;

    public string Path { get; }

    public static async Task<LoopDevice> AttachAsync(string image, int sectorSize = 512)
    {
        var size = sectorSize.ToString(CultureInfo.InvariantCulture);
        return new LoopDevice((await Tool.RunAsync(Tool.Require("losetup", "mount"), ["--find", "--show", "--sector-size", size, image])).Trim());
    }

    public async ValueTask DisposeAsync() => await Tool.RunAsync(Tool.Require("losetup", "mount"), ["--detach", Path]);
}
