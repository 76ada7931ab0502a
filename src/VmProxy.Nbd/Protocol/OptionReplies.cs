using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace VmProxy.Nbd.Protocol;

/// <summary>The messages of a server in a handshake, as bytes.</summary>
static class OptionReplies
{
    const int HeaderSize = 20;
    const int OldPadding = 124;
    const int MinPreferred = 4096;

    public static byte[] Greeting()
    {
        var message = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(message, Magic.Greeting);
        BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(8), Magic.Option);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(16), (ushort)(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes));
        return message;
    }

    public static byte[] Reply(uint option, OptionReplyKind kind, params ReadOnlySpan<byte> data)
    {
        var message = new byte[HeaderSize + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(message, Magic.OptionReply);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), (uint)kind);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(16), (uint)data.Length);
        data.CopyTo(message.AsSpan(HeaderSize));
        return message;
    }

    /// <summary>An error, with a text for people.</summary>
    public static byte[] Error(uint option, OptionReplyKind kind, string text) => Reply(option, kind, Encoding.UTF8.GetBytes(text));

    /// <summary>One export of a list.</summary>
    public static byte[] Server(uint option, NbdExport export)
    {
        var name = Encoding.UTF8.GetBytes(export.Name);
        var description = Encoding.UTF8.GetBytes(export.Description);
        var data = new byte[sizeof(uint) + name.Length + description.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)name.Length);
        name.CopyTo(data.AsSpan(sizeof(uint)));
        description.CopyTo(data.AsSpan(sizeof(uint) + name.Length));
        return Reply(option, OptionReplyKind.Server, data);
    }

    /// <summary>A context that is, or can be, in use.</summary>
    public static byte[] MetaContext(uint option, uint id, string name)
    {
        var data = new byte[sizeof(uint) + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt32BigEndian(data, id);
        Encoding.UTF8.GetBytes(name, data.AsSpan(sizeof(uint)));
        return Reply(option, OptionReplyKind.MetaContext, data);
    }

    public static byte[] ExportInfo(uint option, NbdExport export, bool isStructured)
    {
        var data = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)InfoKind.Export);
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(2), (ulong)export.Device.Length);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(10), (ushort)FlagsOf(isStructured));
        return Reply(option, OptionReplyKind.Info, data);
    }

    public static byte[] TextInfo(uint option, InfoKind kind, string text)
    {
        var data = new byte[sizeof(ushort) + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)kind);
        Encoding.UTF8.GetBytes(text, data.AsSpan(sizeof(ushort)));
        return Reply(option, OptionReplyKind.Info, data);
    }

    /// <summary>Any offset and length is served; what is best is the device's business.</summary>
    public static byte[] BlockSizeInfo(uint option, NbdExport export)
    {
        var preferred = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(export.Device.PreferredReadSize, MinPreferred, Limits.MaxPayload));
        var data = new byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)InfoKind.BlockSize);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(2), 1);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(6), preferred);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(10), Limits.MaxPayload);
        return Reply(option, OptionReplyKind.Info, data);
    }

    /// <summary>The answer to EXPORT_NAME, which has no header.</summary>
    public static byte[] OldExportInfo(NbdExport export, bool isStructured, bool withoutZeroes)
    {
        var message = new byte[10 + (withoutZeroes ? 0 : OldPadding)];
        BinaryPrimitives.WriteUInt64BigEndian(message, (ulong)export.Device.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(8), (ushort)FlagsOf(isStructured));
        return message;
    }

    // A flush has nothing to do on a device that nobody writes; clients that mount an export want to send one.
    static ExportFlags FlagsOf(bool isStructured) =>
        ExportFlags.HasFlags | ExportFlags.ReadOnly | ExportFlags.SendFlush | ExportFlags.CanMultiConnect | (isStructured ? ExportFlags.SendDontFragment : 0);
}
