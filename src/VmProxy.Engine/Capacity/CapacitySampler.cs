namespace VmProxy.Engine.Capacity;

/// <summary>
/// Reads how full the datastores of all vCenters are, keeps a sample in the catalog, thins out old samples, and says where it leads. Call it every hour.
/// </summary>
/// <param name="session">What it works with.</param>
public sealed class CapacitySampler(ProxySession session)
{
    /// <summary>Reads, records, thins out and reports.</summary>
    public Task<CapacityReport> SampleAsync(CancellationToken cancellationToken) => new CapacityReporter(session).RunAsync(cancellationToken);
}
