using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>One client, from the greeting to the end.</summary>
/// <param name="stream">Its bytes; not owned.</param>
/// <param name="exports">What it may choose from.</param>
/// <param name="options">The limits.</param>
/// <param name="client">How logs name it.</param>
/// <param name="ending">How the server ends.</param>
sealed class Connection(Stream stream, Exports exports, NbdServerOptions options, string client, Ending ending)
{
    /// <summary>Whether the client has entered an export.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>Serves the client. Whatever goes wrong concerns this client only and is logged.</summary>
    /// <returns>Whether both sides ended in order, so that the client may still be reading the last answers.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var wire = new Wire(stream);
        try
        {
            if (await NegotiateAsync(wire, cancellationToken).ConfigureAwait(false) is { } session)
            {
                IsEstablished = true;
                Log.Entered(options.Logger, client, session.Export.Name, session.IsStructured, session.TellsAllocation);
                await new Transmission(wire, session, options, client, ending).RunAsync().ConfigureAwait(false);
                Log.Left(options.Logger, client, session.Export.Name);
            }

            return true;
        }
        catch (NbdProtocolException exception)
        {
            Log.ProtocolBroken(options.Logger, client, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            Log.Lost(options.Logger, client, exception.Message);
        }
        catch (OperationCanceledException)
        {
            Log.Lost(options.Logger, client, "the server ended it");
        }

        return false;
    }

    async Task<Session?> NegotiateAsync(Wire wire, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Stopping, patience.Token, cancellationToken);
        try
        {
            return await new Handshake(wire, exports).RunAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new NbdProtocolException($"the client entered no export within {options.HandshakeTimeout}");
        }
    }
}
