using System.Text;

namespace VmProxy.Blocks.Vmdk;

/// <summary>Descriptors are UTF-8 on hosts; hosted products also write the code page of their machine and name it.</summary>
static class VmdkDescriptorEncoding
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Decode(ReadOnlySpan<byte> bytes, string name)
    {
        bytes = bytes.TrimEnd((byte)0);
        if (bytes.Contains((byte)0))
        {
            throw Invalid(name, "it holds binary data");
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Named(bytes, name).GetString(bytes);
        }
    }

    static Encoding Named(ReadOnlySpan<byte> bytes, string name)
    {
        foreach (var line in Encoding.Latin1.GetString(bytes).Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !line.AsSpan(0, equals).Trim().Equals("encoding", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var value = line[(equals + 1)..].Trim().Trim('"');
            if (value.Equals("UTF-8", StringComparison.OrdinalIgnoreCase))
            {
                break;
            }

            return CodePagesEncodingProvider.Instance.GetEncoding(value) ?? throw new BlockDeviceException(
                BlockErrorCodes.DescriptorUnsupported, name, $"VMDK descriptor '{name}' is written in the encoding '{value}', which is not known here.");
        }

        throw Invalid(name, "its text is not UTF-8 and it names no other encoding");
    }

    static BlockDeviceException Invalid(string name, string reason) => new(
        BlockErrorCodes.DescriptorInvalid, name, $"'{name}' is not a VMDK descriptor: {reason}. Name the descriptor (disk.vmdk), not one of its extents.");
}
