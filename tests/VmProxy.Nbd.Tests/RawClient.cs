using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Tests;

/// <summary>A client that sends whatever a test wants, and waits for nothing that it is not told to wait for.</summary>
sealed class RawClient : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly Socket _socket;
    readonly NetworkStream _stream;
    readonly CancellationTokenSource _patience = new(Patience);

    RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Connects and reads the greeting.</summary>
    public static async Task<RawClient> ConnectAsync(NbdAddress address)
    {
        var client = await DialAsync(address);
        Assert.That(await client.ReadAsync(18), Is.EqualTo("NBDMAGICIHAVEOPT\0\u0003"u8.ToArray()));
        return client;
    }

    /// <summary>Connects and reads nothing.</summary>
    public static async Task<RawClient> DialAsync(NbdAddress address)
    {
        var socket = address.IsSocket
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(address.Tcp.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.IsSocket ? new UnixDomainSocketEndPoint(address.SocketPath) : address.Tcp);
        return new RawClient(socket);
    }

    public static byte[] Numbers(params ReadOnlySpan<object> values)
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        foreach (var value in values)
        {
            switch (value)
            {
                case ushort small:
                    BinaryPrimitives.WriteUInt16BigEndian(number, small);
                    bytes.Write(number[..2]);
                    break;
                case uint middle:
                    BinaryPrimitives.WriteUInt32BigEndian(number, middle);
                    bytes.Write(number[..4]);
                    break;
                case ulong large:
                    BinaryPrimitives.WriteUInt64BigEndian(number, large);
                    bytes.Write(number);
                    break;
                case string text:
                    bytes.Write(Encoding.UTF8.GetBytes(text));
                    break;
                default:
                    bytes.Write((byte[])value);
                    break;
            }
        }

        return bytes.ToArray();
    }

    public static byte[] Option(uint option, params byte[] data) => Numbers(Magic.Option, option, (uint)data.Length, data);

    public static byte[] Request(RequestKind kind, ulong cookie, ulong offset, uint length, RequestFlags flags = RequestFlags.None) =>
        Numbers(Magic.Request, (ushort)flags, (ushort)kind, cookie, offset, length);

    public async Task SendAsync(params byte[][] messages) => await _stream.WriteAsync(messages.SelectMany(message => message).ToArray(), _patience.Token);

    public async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, _patience.Token);
        return bytes;
    }

    /// <summary>The kind and data of an answer to an option.</summary>
    public async Task<(OptionReplyKind Kind, byte[] Data)> ReadOptionReplyAsync(uint option)
    {
        var header = await ReadAsync(20);
        Assert.That(BinaryPrimitives.ReadUInt64BigEndian(header), Is.EqualTo(Magic.OptionReply));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)), Is.EqualTo(option));
        return ((OptionReplyKind)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12)), await ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16))));
    }

    /// <summary>Enters the export in the oldest way, without anything negotiated; returns its size and flags.</summary>
    public async Task<(ulong Size, ushort Flags)> EnterSimplyAsync()
    {
        await SendAsync(Numbers(3U), Option((uint)OptionKind.ExportName));
        var answer = await ReadAsync(10);
        return (BinaryPrimitives.ReadUInt64BigEndian(answer), BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(8)));
    }

    /// <summary>Error and cookie of a simple reply.</summary>
    public async Task<(NbdError Error, ulong Cookie)> ReadSimpleReplyAsync()
    {
        var reply = await ReadAsync(16);
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(reply), Is.EqualTo(Magic.SimpleReply));
        return ((NbdError)BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(4)), BinaryPrimitives.ReadUInt64BigEndian(reply.AsSpan(8)));
    }

    /// <summary>Whether the server has closed, after whatever it still sent.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var rest = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(rest, _patience.Token);
        }
        catch (IOException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // Closed with something of ours unread.
        }

        return rest.ToArray();
    }

    /// <summary>Sends no more, but still reads.</summary>
    public void CloseHalf() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _stream.Dispose();
        _patience.Dispose();
    }
}
