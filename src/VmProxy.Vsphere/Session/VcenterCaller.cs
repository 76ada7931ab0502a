using Microsoft.Extensions.Logging;
using Polly;
using Polly.Timeout;

namespace VmProxy.Vsphere;

/// <summary>
/// Makes calls, and decides for each what may be repeated. A call that only reads is tried again on a broken connection; one that changes
/// something is not, unless it provably never left. After the server said that the session ended, it did nothing: both kinds are repeated in a new
/// session. What the server refuses is never repeated here.
/// </summary>
sealed class VcenterCaller
{
    // A server that ends every new session at once is broken; a third login would not help.
    const int Renewals = 2;

    const int Passes = 3;

    readonly VcenterOptions _options;
    readonly VcenterSession _session;
    readonly CallPolicies _policies;

    public VcenterCaller(VcenterOptions options, VcenterSession session, TimeProvider time, ILogger logger)
    {
        _options = options;
        _session = session;
        Time = time;
        Logger = logger;
        _policies = new CallPolicies(options, time, logger);
    }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public VcenterOptions Options => _options;

    /// <summary>The singletons of the server; their references outlive a session.</summary>
    public Vim.ServiceContent Content => _session.Live.Content;

    /// <summary>A call that reads, or that does no more when repeated.</summary>
    public Task<T> ReadAsync<T>(
        string @object, string step, Func<Vim.VimClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
        => CallAsync(false, @object, step, (live, token) => call(live.Client, token), null, cancellationToken);

    /// <summary>A read that needs more of the login than its operations.</summary>
    public Task<T> ReadAsync<T>(
        string @object, string step, Func<LiveSession, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
        => CallAsync(false, @object, step, call, null, cancellationToken);

    /// <summary>A call without result that reads, or that does no more when repeated.</summary>
    public Task ReadAsync(
        string @object, string step, Func<Vim.VimClient, CancellationToken, Task> call, CancellationToken cancellationToken)
        => ReadAsync(@object, step, async (Vim.VimClient client, CancellationToken token) =>
        {
            await call(client, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <summary>A call that changes something.</summary>
    /// <exception cref="VsphereException">
    /// With <see cref="VsphereErrorCodes.OutcomeUnknown"/>: the answer was lost. Look at what the server did before trying again.
    /// </exception>
    public Task<T> ChangeAsync<T>(
        string @object, string step, Func<Vim.VimClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
        => CallAsync(true, @object, step, (live, token) => call(live.Client, token), null, cancellationToken);

    /// <summary>A read whose arguments belong to one login. When that ended, the caller starts over.</summary>
    /// <exception cref="StartOverException">The login is over; a new one is there.</exception>
    public Task<T> ReadInAsync<T>(
        LiveSession live,
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken)
        => CallAsync(false, @object, step, (now, token) => call(now.Client, token), live, cancellationToken);

    /// <summary>A pass over a view, from its beginning again when the login that the view belongs to has ended.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.SessionLost"/>: the session ended during each attempt.</exception>
    public async Task<T> WithNewViewAsync<T>(Func<CancellationToken, Task<T>> pass, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await pass(cancellationToken).ConfigureAwait(false);
            }
            catch (StartOverException) when (attempt < Passes)
            {
                Log.RenewingSession(Logger, Options.Name);
            }
            catch (StartOverException exception)
            {
                throw new VsphereException(
                    VsphereErrorCodes.SessionLost,
                    Options.Name,
                    "reading the inventory",
                    $"the session ended during each of {Passes} attempts.",
                    "Look for what ends the sessions of this user.",
                    exception);
            }
        }
    }

    /// <summary>
    /// The next part of an answer, which the server gives only once: a second request for it could skip what was lost. When the connection breaks,
    /// the caller starts over.
    /// </summary>
    /// <exception cref="StartOverException">The login is over, or the part was lost.</exception>
    public async Task<T> ContinueAsync<T>(
        LiveSession live,
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(
                true,
                @object,
                step,
                (now, token) => call(now.Client, token),
                live,
                cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.OutcomeUnknown)
        {
            throw new StartOverException(exception);
        }
    }

    /// <summary>The present login, for what must be made and used within one.</summary>
    public LiveSession Live => _session.Live;

    async Task<T> CallAsync<T>(
        bool changes,
        string @object,
        string step,
        Func<LiveSession, CancellationToken, Task<T>> call,
        LiveSession? bound,
        CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(CallPolicies.Subject, (@object, step));
        try
        {
            return await (changes ? _policies.Changes : _policies.Reads).ExecuteAsync(
                static (context, state) => state.Self.CallInSessionAsync(state.call, state.bound, context.CancellationToken),
                context,
                (Self: this, call, bound)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Vim.VimException or TimeoutRejectedException)
        {
            throw Translate(exception, changes, @object, step);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    async ValueTask<T> CallInSessionAsync<T>(
        Func<LiveSession, CancellationToken, Task<T>> call, LiveSession? bound, CancellationToken cancellationToken)
    {
        for (int renewals = 0; ; renewals++)
        {
            var live = _session.Live;
            if (bound is not null && bound.Number != live.Number)
            {
                throw new StartOverException(null);
            }

            try
            {
                return await _policies.Attempt.ExecuteAsync(
                    static async (state, token) => await state.call(state.live, token).ConfigureAwait(false),
                    (call, live),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (Vim.VimFaultException fault) when (fault.FaultType == "NotAuthenticated" && renewals < Renewals)
            {
                await _session.RenewAsync(live, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    VsphereException Translate(Exception exception, bool changes, string @object, string step)
    {
        if (changes && CallPolicies.LostTheAnswer(exception))
        {
            return new VsphereException(
                VsphereErrorCodes.OutcomeUnknown,
                @object,
                step,
                $"the answer was lost: {exception.Message.TrimEnd('.')}.",
                "Look in vCenter at what was done.",
                exception);
        }

        return exception switch
        {
            TimeoutRejectedException => new VsphereException(
                VsphereErrorCodes.Timeout,
                @object,
                step,
                $"{_options.Name} gave no answer within {_options.CallTimeout}.",
                "Check that the server is up and not overloaded.",
                exception),
            Vim.VimTransportException { HttpStatus: 502 or 503 or 504 } => new VsphereException(
                VsphereErrorCodes.Unreachable,
                @object,
                step,
                exception.Message,
                "The server is starting or overloaded; wait and run again.",
                exception),
            _ => Faults.Translate(exception, @object, step),
        };
    }
}

