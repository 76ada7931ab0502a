using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace VmProxy.Nbd;

/// <summary>Where a server listens, and what it lets its clients use.</summary>
/// <param name="Address">Where it listens.</param>
public sealed record NbdServerOptions(NbdAddress Address)
{
    /// <summary>Connections at a time. One more takes the place of the oldest that has not finished its handshake; where there is none, it is refused.</summary>
    public int MaxConnections { get; init; } = 16;

    /// <summary>Bytes of replies that one connection may make the server hold. A single request of up to 32 MiB is always served.</summary>
    public long MaxBytesInFlight { get; init; } = 32L * 1024 * 1024;

    /// <summary>How long a client may take to agree on an export.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long requests in flight may go on when the server ends; then they are answered with ESHUTDOWN.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of the timeouts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Hears of connections and failures.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
