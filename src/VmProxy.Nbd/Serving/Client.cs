using System.Net.Sockets;

namespace VmProxy.Nbd.Serving;

/// <summary>A connection and its socket.</summary>
sealed class Client : IDisposable
{
    /// <summary>How long a client may take to take the last answers, before the socket is closed under it.</summary>
    static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    readonly Socket _socket;
    readonly NetworkStream _stream;
    readonly Connection _connection;
    readonly NbdServerOptions _options;
    readonly CancellationTokenSource _displaced = new();

    public Client(string name, Socket socket, Exports exports, NbdServerOptions options, Ending ending)
    {
        Name = name;
        _socket = socket;
        _options = options;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _connection = new Connection(_stream, exports, options, name, ending);
    }

    /// <summary>How logs name it.</summary>
    public string Name { get; }

    public bool IsEstablished => _connection.IsEstablished;

    public bool IsDisplaced => _displaced.IsCancellationRequested;

    /// <summary>The work of serving it.</summary>
    public Task Serving { get; set; } = Task.CompletedTask;

    /// <summary>Ends a handshake that makes no progress.</summary>
    public void Displace() => _displaced.Cancel();

    /// <summary>Serves it to its end.</summary>
    public async Task RunAsync()
    {
        if (await _connection.RunAsync(_displaced.Token).ConfigureAwait(false))
        {
            await PartAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _displaced.Dispose();
    }

    /// <summary>TCP throws away what was sent when a socket is closed before everything from the other side was read.</summary>
    async Task PartAsync()
    {
        using var patience = new CancellationTokenSource(Farewell, _options.Time);
        var rest = new byte[1024];
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            while (await _stream.ReadAsync(rest, patience.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // The client has gone, or is not interested.
        }
    }
}
