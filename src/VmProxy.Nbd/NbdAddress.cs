using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace VmProxy.Nbd;

/// <summary>Where a server listens: a Unix socket, or TCP on this machine's loopback.</summary>
public sealed record NbdAddress
{
    // sun_path of unix(7) has 108 bytes, with the zero at the end.
    const int MaxSocketPath = 107;

    NbdAddress(string? socketPath, IPEndPoint? tcp)
    {
        SocketPath = socketPath;
        Tcp = tcp;
    }

    /// <summary>Whether it is a Unix socket; otherwise it is TCP.</summary>
    [MemberNotNullWhen(true, nameof(SocketPath))]
    [MemberNotNullWhen(false, nameof(Tcp))]
    public bool IsSocket => SocketPath is not null;

    /// <summary>Full path of the Unix socket; null for TCP.</summary>
    public string? SocketPath { get; }

    /// <summary>Address and port on loopback; null for a Unix socket. Port 0 is any that is free.</summary>
    public IPEndPoint? Tcp { get; }

    /// <summary>A Unix socket.</summary>
    /// <param name="path">Its path, relative to the current folder or full.</param>
    /// <exception cref="NbdException"><see cref="NbdErrorCodes.AddressInvalid"/>: empty, or longer than the operating system takes.</exception>
    public static NbdAddress Socket(string path)
    {
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new NbdException(NbdErrorCodes.AddressInvalid, path ?? "", "There is no path of a socket. Name a file that does not exist yet.");
        }

        path = Path.GetFullPath(path);
        return Encoding.UTF8.GetByteCount(path) <= MaxSocketPath
            ? new NbdAddress(path, null)
            : throw new NbdException(
                NbdErrorCodes.AddressInvalid, path, $"The path of the socket {path} is longer than the {MaxSocketPath} bytes that the system takes. Choose a shorter one.");
    }

    /// <summary>TCP on loopback.</summary>
    /// <exception cref="NbdException"><see cref="NbdErrorCodes.NotLoopback"/>: the address is reachable from outside, or not of this machine.</exception>
    public static NbdAddress Loopback(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return IPAddress.IsLoopback(endPoint.Address) ? new NbdAddress(null, endPoint) : throw NotLoopback(endPoint.ToString());
    }

    /// <summary>
    /// HOST:PORT, where HOST is <c>localhost</c> or an address of loopback (IPv6 in brackets), or the path of a socket. A path has a slash: a name alone could be a host whose port was forgotten.
    /// </summary>
    /// <exception cref="NbdException"><see cref="NbdErrorCodes.NotLoopback"/>, or <see cref="NbdErrorCodes.AddressInvalid"/>.</exception>
    public static NbdAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        if (string.IsNullOrWhiteSpace(text) || text.Contains('/', StringComparison.Ordinal))
        {
            return Socket(text);
        }

        if (colon < 0)
        {
            throw new NbdException(
                NbdErrorCodes.AddressInvalid, text,
                $"{text} is neither HOST:PORT nor the path of a socket. Write localhost:PORT, a path such as /run/vmproxy/web01.sock, or ./{text} for a socket of that name here.");
        }

        if (colon == 0)
        {
            throw new NbdException(
                NbdErrorCodes.AddressInvalid, text, $"{text} has no host before its colon. Write localhost{text}, since it is served on this machine's loopback only.");
        }

        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new NbdException(NbdErrorCodes.AddressInvalid, text, $"{text} has no port between 0 and 65535 after its colon. Write HOST:PORT, or ./NAME for a socket of that name.");
        }

        var host = text[..colon];
        if (host == "localhost")
        {
            return Loopback(new IPEndPoint(IPAddress.Loopback, port));
        }

        return host.Contains(':', StringComparison.Ordinal) && host[0] != '['
            ? throw new NbdException(NbdErrorCodes.AddressInvalid, text, $"{text} is ambiguous. Write an IPv6 address in brackets.")
            : IPAddress.TryParse(host, out var address) ? Loopback(new IPEndPoint(address, port)) : throw NotLoopback(text);
    }

    /// <summary>The URI by which clients name an export here.</summary>
    public string UriOf(string exportName)
    {
        ArgumentNullException.ThrowIfNull(exportName);
        var name = Uri.EscapeDataString(exportName);
        return IsSocket
            ? $"nbd+unix:///{name}?socket={Uri.EscapeDataString(SocketPath).Replace("%2F", "/", StringComparison.Ordinal)}"
            : $"nbd://{Tcp}/{name}";
    }

    /// <summary>The path of the socket, or HOST:PORT.</summary>
    public override string ToString() => IsSocket ? SocketPath : Tcp.ToString();

    static NbdException NotLoopback(string text) => new(
        NbdErrorCodes.NotLoopback, text, $"{text} is not on this machine's loopback, and NBD as served here has neither TLS nor passwords. Use a socket, 127.0.0.1 or [::1].");
}
