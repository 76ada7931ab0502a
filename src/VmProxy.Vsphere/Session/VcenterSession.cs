using Microsoft.Extensions.Logging;

namespace VmProxy.Vsphere;

/// <summary>
/// Keeps one login alive and renews it when the server ended it (requirement 9). Many callers may find a session broken at once: one of them logs
/// in again, the others wait for it. A refused password is never tried twice, so that no account is locked.
/// </summary>
sealed class VcenterSession : IAsyncDisposable
{
    static readonly Vim.ManagedObjectReference ServiceInstance = new("ServiceInstance", "ServiceInstance");
    static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    readonly VcenterOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly HttpClient _http;
    readonly SocketsHttpHandler _handler;
    readonly SemaphoreSlim _renewing = new(1, 1);
    readonly CancellationTokenSource _ending = new();
    LiveSession? _live;
    VsphereException? _refused;
    Task _keepAlive = Task.CompletedTask;

    public VcenterSession(VcenterOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        Sdk = SdkAddress(options);
        _handler = ServerCertificateCheck.Create(options).CreateHandler(options.CallTimeout);
        _http = new HttpClient(_handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Address of the SOAP service.</summary>
    public Uri Sdk { get; }

    /// <summary>Sends what is not SOAP, such as downloads, over the same checked connections. It has no time limit of its own.</summary>
    public HttpClient Http => _http;

    /// <summary>The present login.</summary>
    public LiveSession Live => _live ?? throw new InvalidOperationException("The session was not opened.");

    /// <summary>Logs in for the first time and begins to send signs of life.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _live = await LogInAsync(1, cancellationToken).ConfigureAwait(false);
        _keepAlive = KeepAliveAsync(_ending.Token);
    }

    /// <summary>Logs in again, unless somebody already did after <paramref name="broken"/>.</summary>
    /// <exception cref="VsphereException">The server refuses the login now.</exception>
    public async Task RenewAsync(LiveSession broken, CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_refused is not null)
            {
                throw _refused;
            }

            if (Live.Number == broken.Number)
            {
                Log.RenewingSession(_logger, _options.Name);
                _live = await LogInAsync(broken.Number + 1, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.LoginFailed)
        {
            _refused = exception;
            throw;
        }
        finally
        {
            _renewing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _keepAlive.ConfigureAwait(false);
        if (_live is { Content.SessionManager: { } manager } live && _refused is null)
        {
            using var patience = new CancellationTokenSource(Farewell, _time);
            try
            {
                await live.Client.LogoutAsync(manager, patience.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is Vim.VimException or OperationCanceledException)
            {
                // The server ends an abandoned session by itself.
                Log.LogoutFailed(_logger, _options.Name, exception.Message);
            }
        }

        _http.Dispose();
        _handler.Dispose();
        _renewing.Dispose();
        _ending.Dispose();
    }

    async Task<LiveSession> LogInAsync(int number, CancellationToken cancellationToken)
    {
        // A channel of its own, which owns nothing: the old cookie would make some servers answer that they know this session already.
        var channel = new Vim.SoapChannel(Sdk, _http, _options.ApiVersion);
        var client = new Vim.VimClient(channel);
        using var limit = new CancellationTokenSource(_options.CallTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var content = await client.RetrieveServiceContentAsync(ServiceInstance, both.Token).ConfigureAwait(false);
            var manager = content.SessionManager ?? throw new VsphereException(
                VsphereErrorCodes.ProtocolError,
                _options.Name,
                "logging in",
                "the server offers no session manager.",
                "Check that the address is that of a vCenter or host.");
            var session = await client.LoginAsync(manager, _options.User, _options.Password, null, both.Token).ConfigureAwait(false);
            Log.LoggedIn(_logger, _options.Name, content.About.FullName, _options.User);
            return new LiveSession(number, channel, client, content, session.Key);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VsphereException(
                VsphereErrorCodes.Timeout,
                _options.Name,
                "logging in",
                $"no answer within {_options.CallTimeout}.",
                "Check that the server is up and not overloaded.");
        }
        catch (Vim.VimException exception)
        {
            throw Faults.Translate(exception, _options.Name, $"logging in as {_options.User}");
        }
    }

    async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.KeepAlive, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                await GiveSignOfLifeAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the connection.
        }
    }

    async Task GiveSignOfLifeAsync(CancellationToken cancellationToken)
    {
        var live = Live;
        using var limit = new CancellationTokenSource(_options.CallTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await live.Client.CurrentTimeAsync(ServiceInstance, both.Token).ConfigureAwait(false);
        }
        catch (Vim.VimFaultException fault) when (fault.FaultType == "NotAuthenticated")
        {
            await RenewQuietlyAsync(live, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Vim.VimException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Log.NoSignOfLife(_logger, _options.Name, exception.Message);
        }
    }

    async Task RenewQuietlyAsync(LiveSession broken, CancellationToken cancellationToken)
    {
        try
        {
            await RenewAsync(broken, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception)
        {
            // The next call that needs the session tells its caller.
            Log.NoSignOfLife(_logger, _options.Name, exception.Message);
        }
    }

    static Uri SdkAddress(VcenterOptions options)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme != Uri.UriSchemeHttps)
        {
            throw new VsphereException(
                VsphereErrorCodes.OptionInvalid,
                options.Name,
                "reading the options",
                $"the address '{options.Url}' is not an https address.",
                "Write https://HOST.");
        }

        return options.Url.AbsolutePath is "/" or "" ? new Uri(options.Url, "/sdk") : options.Url;
    }
}
