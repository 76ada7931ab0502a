using System.Globalization;
using System.Text;

namespace VmProxy.Lab.Storage;

/// <summary>The text of a VMDK descriptor as ESXi writes it.</summary>
internal static class VmdkDescriptor
{
    const int SectorSize = 512;
    const uint NoParent = uint.MaxValue;

    public static string Format(DiskLayer layer, string createType, string extentType, IEnumerable<string> diskData)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"# Disk DescriptorFile");
        Line($"version=1");
        Line($"encoding=\"UTF-8\"");
        Line($"CID={layer.ContentNumber:x8}");
        Line($"parentCID={layer.Parent?.ContentNumber ?? NoParent:x8}");
        Line($"createType=\"{createType}\"");
        if (layer.Parent is { } parent)
        {
            Line($"parentFileNameHint=\"{parent.Files.Name}.vmdk\"");
        }

        Line($"# Extent description");
        Line($"RW {layer.Length / SectorSize} {extentType} \"{layer.Files.ExtentName}\"");
        Line($"# The Disk Data Base");
        Line($"#DDB");
        Line($"ddb.longContentID = \"{layer.ContentId}\"");
        if (layer.Parent is null)
        {
            Line($"ddb.adapterType = \"lsilogic\"");
            Line($"ddb.geometry.cylinders = \"{Math.Max(1, layer.Length / SectorSize / (255 * 63))}\"");
            Line($"ddb.geometry.heads = \"255\"");
            Line($"ddb.geometry.sectors = \"63\"");
            Line($"ddb.uuid = \"{Spaced(layer.Files.Uuid)}\"");
            Line($"ddb.virtualHWVersion = \"14\"");
        }

        foreach (var data in diskData)
        {
            Line($"{data}");
        }

        return text.ToString();
    }

    /// <summary>Whether the descriptor on disk still says all that a host needs to open the link.</summary>
    public static bool IsWhole(LayerFiles files) =>
        File.Exists(files.DescriptorPath) && File.ReadAllText(files.DescriptorPath) is var text
        && text.StartsWith("# Disk DescriptorFile", StringComparison.Ordinal)
        && text.Contains($"\"{files.ExtentName}\"", StringComparison.Ordinal)
        && text.Contains("ddb.", StringComparison.Ordinal);

    /// <summary>VMware's way of writing a UUID: sixteen pairs of digits with a dash in the middle.</summary>
    public static string Spaced(Guid uuid)
    {
        var pairs = uuid.ToString("N").Chunk(2).Select(pair => new string(pair)).ToArray();
        return string.Join(' ', pairs[..8]) + "-" + string.Join(' ', pairs[8..]);
    }
}
