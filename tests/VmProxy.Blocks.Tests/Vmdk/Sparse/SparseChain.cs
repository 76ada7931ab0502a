using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>A base and two snapshots as qemu makes them: hosted sparse files that point to their parents.</summary>
static class SparseChain
{
    const int Grain = 64 * 1024;

    /// <summary>Makes base.vmdk, one.vmdk and two.vmdk, each written in part, and returns what the last shows.</summary>
    public static async Task<byte[]> CreateAsync(TempFolder folder, string subformat, int length = (4 * 1024 * 1024) + 512)
    {
        var content = BlockContent.Mixed(length);
        await QemuImg.ConvertAsync(folder, content, subformat, "base.vmdk");
        await AddAsync(folder, "base.vmdk", "one.vmdk", content, seed: 1);
        await AddAsync(folder, "one.vmdk", "two.vmdk", content, seed: 2);
        return content;
    }

    static async Task AddAsync(TempFolder folder, string parent, string child, byte[] content, int seed)
    {
        await QemuImg.RunAsync(
            "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicSparse,zeroed_grain=on", "-b", parent, "-F", "vmdk", folder[child]);
        var random = new Random(seed);
        var commands = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            var offset = random.Next(content.Length / 512) * 512;
            var piece = Math.Min(content.Length - offset, random.Next(1, 200) * 512);
            var value = (byte)random.Next(1, 256);
            commands.AddRange(["-c", $"write -P {value} {offset} {piece}"]);
            content.AsSpan(offset, piece).Fill(value);

            var grain = random.Next(content.Length / Grain) * Grain;
            commands.AddRange(["-c", $"write -z {grain} {Grain}"]);
            content.AsSpan(grain, Grain).Clear();
        }

        await Tool.RunAsync(Tool.Require("qemu-io", "qemu-utils"), ["-f", "vmdk", .. commands, folder[child]]);
    }
}
