using VmProxy.Blocks;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests;

/// <summary>A server of one device at a socket of its own, for a test.</summary>
sealed class Served : IAsyncDisposable
{
    readonly TempFolder _folder;
    readonly NbdServer _server;

    Served(TempFolder folder, NbdServer server, HeardLog log)
    {
        _folder = folder;
        _server = server;
        Log = log;
    }

    public HeardLog Log { get; }

    public NbdAddress Address => _server.Address;

    public string Uri => _server.Address.UriOf("");

    public string this[string name] => _folder[name];

    public static Task<Served> StartAsync(IBlockDevice device, Func<NbdServerOptions, NbdServerOptions>? change = null) =>
        StartAsync([new NbdExport("", "a test's disk", device)], change);

    public static async Task<Served> StartAsync(IReadOnlyList<NbdExport> exports, Func<NbdServerOptions, NbdServerOptions>? change = null)
    {
        var folder = new TempFolder();
        try
        {
            var log = new HeardLog();
            var options = new NbdServerOptions(NbdAddress.Socket(folder["s"])) { Logger = log };
            return new Served(folder, await NbdServer.StartAsync(change?.Invoke(options) ?? options, exports, CancellationToken.None), log);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Address);

    /// <summary>Ends the server and leaves the folder.</summary>
    public ValueTask StopAsync() => _server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Log.Dispose();
        _folder.Dispose();
    }
}
