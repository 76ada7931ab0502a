using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

/// <summary>The judge of VMDK containers.</summary>
static class QemuImg
{
    public static Task<string> RunAsync(params string[] arguments) => Tool.RunAsync(Tool.Require("qemu-img", "qemu-utils"), arguments);

    /// <summary>What qemu-img reads from a VMDK.</summary>
    public static async Task<byte[]> ReadAsync(string vmdk)
    {
        var raw = vmdk + ".raw";
        await RunAsync("convert", "-f", "vmdk", "-O", "raw", vmdk, raw);
        return await File.ReadAllBytesAsync(raw);
    }
}
