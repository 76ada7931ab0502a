using Microsoft.Extensions.Logging;
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
    public static TransportSet CreateToJudge(ProxySession session, OpenedVcenter vcenter, Inventory inventory) =>
        Create(session, vcenter, inventory, new NoJournal(), order: null);

    /// <summary>Transports that write what they change to a journal.</summary>
    /// <param name="session">What they work with.</param>
    /// <param name="vcenter">The vCenter that they read from.</param>
    /// <param name="inventory">What that vCenter holds.</param>
    /// <param name="journal">Where they write changes down.</param>
    /// <param name="order">The transports that are allowed, best first; null for the configured ones.</param>
    public static TransportSet Create(
        ProxySession session, OpenedVcenter vcenter, Inventory inventory, IChangeJournal journal, IReadOnlyList<string>? order)
    {
        var settings = session.Settings.Transports;
        var hotAdd = new HotAddTransport(
            vcenter.Connection,
            inventory,
            new HotAddOptions
            {
                ProxyVm = settings.HotAdd.ProxyVm,
                DeviceFolder = settings.HotAdd.DeviceFolder,
                DeviceTimeout = settings.HotAdd.DeviceTimeout,
            },
            journal,
            session.Time,
            session.Loggers.CreateLogger<HotAddTransport>());
        return new TransportSet([hotAdd], order ?? settings.Order);
    }

    /// <summary>For transports that are asked and never used.</summary>
    sealed class NoJournal : IChangeJournal
    {
        public Task<long> PlanAttachAsync(AttachIntent intent, CancellationToken cancellationToken) => throw new InvalidOperationException("Only verdicts were wanted.");

        public Task AttachedAsync(long id, int deviceKey, CancellationToken cancellationToken) => throw new InvalidOperationException("Only verdicts were wanted.");

        public Task DetachedAsync(long id, CancellationToken cancellationToken) => throw new InvalidOperationException("Only verdicts were wanted.");
    }
}
