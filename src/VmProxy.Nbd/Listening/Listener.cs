using System.Net;
using System.Net.Sockets;

namespace VmProxy.Nbd.Listening;

/// <summary>
/// A socket that listens. A Unix socket is its owner's only, takes the place of one whose server is dead, and of no other file, and removes itself and nothing else.
/// </summary>
sealed class Listener : IDisposable
{
    const int Backlog = 64;

    readonly Socket _socket;
    readonly SocketFile? _file;

    Listener(Socket socket, NbdAddress address, SocketFile? file)
    {
        _socket = socket;
        _file = file;
        Address = address;
    }

    /// <summary>Where it listens, with the port that was chosen.</summary>
    public NbdAddress Address { get; }

    /// <exception cref="NbdException">Something else is there, or the system refuses.</exception>
    public static Listener Open(NbdAddress address)
    {
        try
        {
            return address.IsSocket ? OpenUnix(address, address.SocketPath) : OpenTcp(address.Tcp);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new NbdException(NbdErrorCodes.InUse, address.ToString(), $"Another server listens at {address}. Choose another address, or end that server.", exception);
        }
        catch (Exception exception) when (exception is SocketException or UnauthorizedAccessException or (IOException and not NbdException))
        {
            throw new NbdException(
                NbdErrorCodes.ListenFailed, address.ToString(), $"Cannot listen at {address}: {exception.Message}. Choose an address that this user may listen at.", exception);
        }
    }

    /// <summary>The next client.</summary>
    /// <exception cref="SocketException">The system cannot accept one now.</exception>
    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        var client = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
        if (Address.IsSocket)
        {
            return client;
        }

        try
        {
            client.NoDelay = true;
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening. The file goes only while it is still the one that was made here.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        if (Address.IsSocket && SocketFile.Find(Address.SocketPath) is { } file && file == _file)
        {
            File.Delete(Address.SocketPath);
        }
    }

    static Listener OpenTcp(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new Listener(socket, NbdAddress.Loopback((IPEndPoint)socket.LocalEndPoint!), null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static Listener OpenUnix(NbdAddress address, string path)
    {
        // The system's own word for it, "Cannot assign requested address", tells nobody.
        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
        {
            throw new NbdException(NbdErrorCodes.ListenFailed, path, $"Cannot listen at {path}: the folder {folder} does not exist. Make it, or choose another one.");
        }

        RemoveDead(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Binding never replaces a file; nobody can connect before it listens, and by then it is its owner's only.
            socket.Bind(new PathEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            socket.Listen(Backlog);
            return new Listener(socket, address, SocketFile.Find(path));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Removes a socket that nobody listens at any more.</summary>
    static void RemoveDead(string path)
    {
        if (SocketFile.Find(path) is not { } file)
        {
            return;
        }

        if (!file.IsSocket)
        {
            throw new NbdException(NbdErrorCodes.NotASocket, path, $"{path} exists and is not a socket: it is left alone. Choose another name.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new PathEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    /// <summary>The name of a Unix socket. The class of .NET for it removes whatever has the name when the socket is closed.</summary>
    sealed class PathEndPoint(string path) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override SocketAddress Serialize() => new UnixDomainSocketEndPoint(path).Serialize();

        public override EndPoint Create(SocketAddress socketAddress) => this;
    }
}
