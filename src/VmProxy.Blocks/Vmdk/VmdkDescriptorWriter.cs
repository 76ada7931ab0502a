using System.Globalization;
using System.Text;

namespace VmProxy.Blocks.Vmdk;

/// <summary>Writes a descriptor in the order and spelling that hosts and qemu-img expect.</summary>
static class VmdkDescriptorWriter
{
    public static string Write(VmdkDescriptor descriptor)
    {
        var text = new StringBuilder();
        Line(text, "# Disk DescriptorFile");
        Line(text, $"{VmdkDescriptorKeys.Version}={descriptor.Version}");
        Quoted(text, VmdkDescriptorKeys.Encoding, "UTF-8");
        Line(text, $"{VmdkDescriptorKeys.Cid}={descriptor.Cid:x8}");
        Line(text, $"{VmdkDescriptorKeys.ParentCid}={descriptor.ParentCid:x8}");
        Quoted(text, VmdkDescriptorKeys.CreateType, descriptor.CreateType);
        if (descriptor.ParentFileNameHint is { } hint)
        {
            Quoted(text, VmdkDescriptorKeys.ParentFileNameHint, hint);
        }

        foreach (var (key, value) in descriptor.OtherKeys)
        {
            Quoted(text, key, value);
        }

        Line(text, "");
        Line(text, "# Extent description");
        foreach (var extent in descriptor.Extents)
        {
            Line(text, Extent(extent));
        }

        if (descriptor.ChangeTrackPath is { } path)
        {
            Line(text, "");
            Line(text, "# Change Tracking File");
            Quoted(text, VmdkDescriptorKeys.ChangeTrackPath, path);
        }

        Line(text, "");
        Line(text, "# The Disk Data Base");
        Line(text, "#DDB");
        Line(text, "");
        foreach (var (key, value) in descriptor.DiskDatabase)
        {
            Line(text, $"ddb.{Checked(key, key)} = \"{Checked(key, value)}\"");
        }

        return text.ToString();
    }

    static string Extent(VmdkExtent extent)
    {
        var access = extent.Access switch
        {
            VmdkExtentAccess.ReadOnly => "RDONLY",
            VmdkExtentAccess.None => "NOACCESS",
            _ => "RW",
        };
        var line = $"{access} {extent.Sectors} {Checked("extent", extent.Type)}";
        if (extent.FileName is { } file)
        {
            line += $" \"{Checked("extent", file)}\"";
            // FLAT demands an offset, VMFS must not have one unless it means something.
            if (extent.Type == VmdkExtent.Flat || extent.OffsetSectors != 0)
            {
                line += string.Create(CultureInfo.InvariantCulture, $" {extent.OffsetSectors}");
            }
        }

        return line;
    }

    static void Quoted(StringBuilder text, string key, string value) => Line(text, $"{Checked(key, key)}=\"{Checked(key, value)}\"");

    static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    static string Checked(string key, string value) =>
        value.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0 && !value.Contains('"', StringComparison.Ordinal)
            ? value
            : throw new BlockDeviceException(
                BlockErrorCodes.DescriptorInvalid,
                key,
                $"A VMDK descriptor cannot carry the value of '{key}', because it holds a quote or a control character: rename it.");
}
