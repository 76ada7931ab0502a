using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Transports;

/// <summary>Makes the transports that the configuration asks for.</summary>
static class TransportFactory
{
    /// <summary>Where hosts are reached, as the configuration says.</summary>
    public static HostAddresses HostAddressesOf(TransportSettings settings) =>
        new(settings.HostAddresses.Select(entry => KeyValuePair.Create(entry.Host, entry.Address)));

    /// <summary>Transports of which only the verdicts are wanted.</summary>
    public static Task<TransportSet> CreateToJudgeAsync(
        ProxySession session, OpenedVcenter vcenter, Inventory inventory, CancellationToken cancellationToken) =>
        CreateAsync(session, vcenter, inventory, new NoJournal(), new TransportWishes(), cancellationToken);

    /// <summary>Transports that write what they change to a journal.</summary>
    /// <param name="session">What they work with.</param>
    /// <param name="vcenter">The vCenter that they read from.</param>
    /// <param name="inventory">What that vCenter holds.</param>
    /// <param name="journal">Where they write changes down.</param>
    /// <param name="wishes">What the run asks for.</param>
    /// <param name="cancellationToken">Ends the reading of proofs.</param>
    public static async Task<TransportSet> CreateAsync(
        ProxySession session, OpenedVcenter vcenter, Inventory inventory, IChangeJournal journal, TransportWishes wishes, CancellationToken cancellationToken)
    {
        var source = session.Parts.Transports;
        var proofs = await ReadProofsAsync(session, cancellationToken).ConfigureAwait(false);
        var configured = source.Order(session.Settings.Transports);
        return new TransportSet(source.Create(session, vcenter, inventory, journal), new TransportRules
        {
            Order = wishes.Order ?? configured,
            IsExplicit = wishes.Order is not null,
            Fallback = wishes.Order is not null && session.Settings.Transports.AllowFallback ? configured : [],
            AllowUnproven = wishes.AllowUnproven,
            IsProven = (transport, vm, disk) => proofs.Contains(ProofKey.Of(transport, vm, disk, inventory)),
        });
    }

    /// <summary>Without a catalog nothing is proved; what it is needed for besides will say that it cannot be opened.</summary>
    static async Task<HashSet<ProofKey>> ReadProofsAsync(ProxySession session, CancellationToken cancellationToken)
    {
        try
        {
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            var proofs = await catalog.Proofs.ListAsync(cancellationToken).ConfigureAwait(false);
            return [.. proofs.Select(proof => new ProofKey(proof.Transport, proof.DiskForm, proof.HostBuild))];
        }
        catch (CatalogException)
        {
            return [];
        }
    }

    /// <summary>For transports that are asked and never used.</summary>
    sealed class NoJournal : IChangeJournal
    {
        public Task<long> PlanAttachAsync(AttachIntent intent, CancellationToken cancellationToken) => throw new InvalidOperationException("Only verdicts were wanted.");

        public Task AttachedAsync(long id, int deviceKey, CancellationToken cancellationToken) => throw new InvalidOperationException("Only verdicts were wanted.");

        public Task DetachedAsync(long id, CancellationToken cancellationToken) => throw new InvalidOperationException("Only verdicts were wanted.");
    }
}

/// <summary>What a run asks for.</summary>
sealed record TransportWishes
{
    /// <summary>The transports that are allowed, best first; null leaves it to the configuration.</summary>
    public IReadOnlyList<string>? Order { get; init; }

    /// <summary>Whether an unproven form may be read where nothing else can.</summary>
    public bool AllowUnproven { get; init; }
}
