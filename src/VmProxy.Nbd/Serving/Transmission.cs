using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>
/// Answers the requests of one client, many at a time and each when it is ready. A client that does not take its answers is not read from any further, so that it
/// cannot make the server hold more than its share.
/// </summary>
sealed class Transmission(Wire wire, Session session, NbdServerOptions options, string client, Ending ending)
{
    /// <summary>What an answer about allocation takes at most, near enough.</summary>
    const int StatusBytes = Limits.MaxExtents * 16;

    readonly InFlight _inFlight = new(Math.Clamp(session.Export.Device.MaxInFlight, 1, Limits.MaxRequests), options.MaxBytesInFlight);

    /// <summary>
    /// Returns when the client has left or the server stops, and nothing is in flight. Work for a client that took its leave is finished; for one that is just gone it is
    /// given up.
    /// </summary>
    /// <exception cref="NbdProtocolException">The client sent what cannot be gone on from.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task RunAsync()
    {
        using var gone = new CancellationTokenSource();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(ending.Stopping, gone.Token);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(ending.GivingUp, gone.Token);
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(ending.Closing, gone.Token);
        var steps = new Steps(gone, reading.Token, working.Token, sending.Token);
        var isOrderly = false;
        try
        {
            isOrderly = await TakeAllAsync(steps).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (reading.IsCancellationRequested)
        {
            isOrderly = !gone.IsCancellationRequested;
        }
        finally
        {
            if (!isOrderly)
            {
                await gone.CancelAsync().ConfigureAwait(false);
            }

            await _inFlight.WhenEmptyAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whether the client took its leave.</summary>
    async Task<bool> TakeAllAsync(Steps steps)
    {
        var header = new byte[NbdRequest.Size];
        while (await wire.TryReadAsync(header, steps.Reading).ConfigureAwait(false))
        {
            var request = NbdRequest.Parse(header);
            if (request.Kind == RequestKind.Disconnect)
            {
                return true;
            }

            await TakeAsync(request, steps).ConfigureAwait(false);
        }

        return false;
    }

    async ValueTask TakeAsync(NbdRequest request, Steps steps)
    {
        if (request.Kind == RequestKind.Write)
        {
            // The bytes come whether they are wanted or not.
            await wire.SkipAsync(
                request.Length <= Limits.MaxPayload ? request.Length : throw new NbdProtocolException($"a write has {request.Length} bytes"), steps.Reading).ConfigureAwait(false);
        }

        if (Refusal(request) is { } refusal)
        {
            await wire.SendAsync(Replies.Failure(request.Cookie, refusal.Error, refusal.Text, session.IsStructured), steps.Sending).ConfigureAwait(false);
            return;
        }

        if (request.Kind == RequestKind.Flush)
        {
            await wire.SendAsync(Replies.Success(request.Cookie), steps.Sending).ConfigureAwait(false);
            return;
        }

        var bytes = request.Kind == RequestKind.Read ? (int)request.Length : StatusBytes;
        try
        {
            await _inFlight.EnterAsync(bytes, steps.Reading).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.Stopping.IsCancellationRequested)
        {
            await wire.SendAsync(Shutdown(request), steps.Sending).ConfigureAwait(false);
            throw;
        }

        _ = WorkAsync(request, bytes, steps);
    }

    (NbdError Error, string Text)? Refusal(NbdRequest request)
    {
        var allowed = request.Kind switch
        {
            RequestKind.Read when session.IsStructured => RequestFlags.DontFragment,
            RequestKind.BlockStatus => RequestFlags.OneExtent,
            _ => RequestFlags.None,
        };
        return request.Kind switch
        {
            RequestKind.Write or RequestKind.Trim or RequestKind.WriteZeroes => (NbdError.NotPermitted, "the export is read-only"),
            RequestKind.BlockStatus when !session.TellsAllocation => (NbdError.Invalid, "no metadata context was selected"),
            _ when (request.Flags & ~allowed) != 0 => (NbdError.Invalid, "a flag of the request is not supported"),
            RequestKind.Flush => null,
            RequestKind.Read when request.Length > Limits.MaxPayload => (NbdError.Invalid, $"a read has at most {Limits.MaxPayload} bytes"),
            RequestKind.Read or RequestKind.BlockStatus => request.IsInside(session.Export.Device.Length) ? null : (NbdError.Invalid, "the range is empty or leaves the export"),
            _ => (NbdError.Invalid, "the request is not supported"),
        };
    }

    /// <summary>Never throws: nobody waits for it but <see cref="InFlight.WhenEmptyAsync"/>.</summary>
    async Task WorkAsync(NbdRequest request, int bytes, Steps steps)
    {
        try
        {
            using var reply = await BuildAsync(request, steps.Working).ConfigureAwait(false);
            await wire.SendAsync(reply.Message, steps.Sending).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The answer could not be sent: whoever reads from this client learns it here.
            Log.NotSent(options.Logger, client, exception.Message);
            await steps.Gone.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            _inFlight.Leave(bytes);
        }
    }

    async Task<Reply> BuildAsync(NbdRequest request, CancellationToken cancellationToken)
    {
        var device = session.Export.Device;
        try
        {
            return request.Kind == RequestKind.BlockStatus ? new Reply(await AllocationReply.BuildAsync(device, request, cancellationToken).ConfigureAwait(false))
                : session.IsStructured ? await ReadReply.StructuredAsync(device, request, cancellationToken).ConfigureAwait(false)
                : await ReadReply.SimpleAsync(device, request, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new Reply(Shutdown(request));
        }
        catch (Exception exception)
        {
            // Any device may be served, each with failures of its own kind: they are the client's to know, and no reason to end.
            Log.DeviceFailed(options.Logger, session.Export.Name, client, request.Kind, request.Offset, request.Length, exception.Message);
            Log.WhereDeviceFailed(options.Logger, exception, session.Export.Name);
            return new Reply(Replies.Failure(request.Cookie, NbdError.Io, exception.Message, session.IsStructured));
        }
    }

    byte[] Shutdown(NbdRequest request) => Replies.Failure(request.Cookie, NbdError.Shutdown, "the server ends", session.IsStructured);

    /// <summary>What ends each part of the work.</summary>
    /// <param name="Gone">Cancelled when nobody is there to be answered.</param>
    /// <param name="Reading">Of requests.</param>
    /// <param name="Working">Of the device.</param>
    /// <param name="Sending">Of answers.</param>
    readonly record struct Steps(CancellationTokenSource Gone, CancellationToken Reading, CancellationToken Working, CancellationToken Sending);
}
