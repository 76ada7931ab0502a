using System.Globalization;
using System.Net.Sockets;
using VmProxy.Nbd.Listening;
using VmProxy.Nbd.Serving;

namespace VmProxy.Nbd;

/// <summary>
/// Serves block devices, read-only, to clients of the NBD protocol. Each client has its own bounds of memory and requests; what one does wrong ends its connection
/// and is logged. Disposing it finishes what is in flight.
/// </summary>
public sealed class NbdServer : IAsyncDisposable
{
    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long answers may take to leave when requests have been given up.</summary>
    static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(1);

    readonly NbdServerOptions _options;
    readonly Exports _exports;
    readonly Listener _listener;
    readonly CancellationTokenSource _stopping = new();
    readonly CancellationTokenSource _givingUp;
    readonly CancellationTokenSource _closing;
    readonly Lock _lock = new();
    readonly LinkedList<Client> _clients = [];
    readonly Task _accepting;
    long _count;
    bool _isDisposed;

    NbdServer(NbdServerOptions options, Exports exports, Listener listener)
    {
        _options = options;
        _exports = exports;
        _listener = listener;
        _givingUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        _closing = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        Log.Listening(options.Logger, listener.Address, exports.All.Count);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens: the port is the one that was chosen.</summary>
    public NbdAddress Address => _listener.Address;

    /// <summary>Starts to listen. Clients are served from then on.</summary>
    /// <exception cref="ArgumentException">No exports, two of one name, or a name or description that is too long.</exception>
    /// <exception cref="NbdException">It cannot listen there.</exception>
    public static async Task<NbdServer> StartAsync(NbdServerOptions options, IReadOnlyList<NbdExport> exports, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(exports);
        var served = new Exports(exports);
        return new NbdServer(options, served, await Task.Run(() => Listener.Open(options.Address), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Stops listening, lets what is in flight finish for <see cref="NbdServerOptions.StopGrace"/>, answers the rest with an error, and closes all connections. When
    /// it returns no device is read any more.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        _givingUp.CancelAfter(_options.StopGrace);
        _closing.CancelAfter(_options.StopGrace + LastAnswers);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _listener.Dispose();
        await Task.WhenAll(Serving()).ConfigureAwait(false);
        _stopping.Dispose();
        _givingUp.Dispose();
        _closing.Dispose();
        Log.Ended(_options.Logger, Address);
    }

    async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Admit(await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // Out of descriptors, or the client has gone already.
                Log.NotAccepted(_options.Logger, exception.Message);
                await Task.Delay(AcceptPause, _options.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    void Admit(Socket socket)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"client {++_count}");
        lock (_lock)
        {
            if (_clients.Count >= _options.MaxConnections)
            {
                if (_clients.FirstOrDefault(client => client is { IsEstablished: false, IsDisplaced: false }) is not { } waiting)
                {
                    Log.Refused(_options.Logger, name, _clients.Count);
                    socket.Dispose();
                    return;
                }

                Log.Displaced(_options.Logger, waiting.Name);
                waiting.Displace();
            }

            var client = new Client(name, socket, _exports, _options, new Ending(_stopping.Token, _givingUp.Token, _closing.Token));
            var place = _clients.AddLast(client);
            client.Serving = Task.Run(() => ServeAsync(client, place));
        }
    }

    async Task ServeAsync(Client client, LinkedListNode<Client> place)
    {
        await client.RunAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _clients.Remove(place);
        }

        client.Dispose();
    }

    Task[] Serving()
    {
        lock (_lock)
        {
            return [.. _clients.Select(client => client.Serving)];
        }
    }
}
