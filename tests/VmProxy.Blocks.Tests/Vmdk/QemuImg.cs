using System.Text.Json;
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

    /// <summary>Makes a VMDK of a subformat in the folder.</summary>
    public static async Task ConvertAsync(TempFolder folder, byte[] content, string subformat, string name)
    {
        await File.WriteAllBytesAsync(folder[name + ".content"], content);
        await RunAsync("convert", "-f", "raw", "-O", "vmdk", "-o", $"subformat={subformat}", folder[name + ".content"], folder[name]);
    }

    /// <summary>Where qemu-img finds data in a VMDK and what lies below it: offset and length, neighbours joined.</summary>
    public static async Task<List<(long Offset, long Length)>> DataAsync(string vmdk)
    {
        using var map = JsonDocument.Parse(await RunAsync("map", "-f", "vmdk", "--output=json", vmdk));
        var data = new List<(long Offset, long Length)>();
        foreach (var entry in map.RootElement.EnumerateArray().Where(entry => entry.GetProperty("data").GetBoolean()))
        {
            var (offset, length) = (entry.GetProperty("start").GetInt64(), entry.GetProperty("length").GetInt64());
            if (data.Count > 0 && data[^1].Offset + data[^1].Length == offset)
            {
                data[^1] = (data[^1].Offset, data[^1].Length + length);
            }
            else
            {
                data.Add((offset, length));
            }
        }

        return data;
    }
}
