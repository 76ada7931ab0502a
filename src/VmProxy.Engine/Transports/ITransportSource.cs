using Microsoft.Extensions.Logging;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Transports;

/// <summary>Where the transports come from; a test adds its own to those of the configuration.</summary>
interface ITransportSource
{
    /// <summary>Every transport that there is, for one vCenter.</summary>
    IReadOnlyCollection<IDiskTransport> Create(ProxySession session, OpenedVcenter vcenter, Inventory inventory, IChangeJournal journal);

    /// <summary>The configured order.</summary>
    IReadOnlyList<string> Order(TransportSettings settings);
}

/// <summary>The transports of this program.</summary>
sealed class ConfiguredTransports : ITransportSource
{
    public IReadOnlyCollection<IDiskTransport> Create(ProxySession session, OpenedVcenter vcenter, Inventory inventory, IChangeJournal journal)
    {
        var settings = session.Settings.Transports.HotAdd;
        return
        [
            new HotAddTransport(
                vcenter.Connection,
                inventory,
                new HotAddOptions
                {
                    ProxyVm = settings.ProxyVm,
                    DeviceFolder = settings.DeviceFolder,
                    DeviceTimeout = settings.DeviceTimeout,
                    SystemRoot = settings.SystemRoot,
                    MaxDisks = settings.MaxDisks,
                    SlotTimeout = settings.SlotTimeout,
                },
                journal,
                session.Time,
                session.Loggers.CreateLogger<HotAddTransport>(),
                new ProxyLocks(session.Settings.LocksFolder, session.Time)),
        ];
    }

    public IReadOnlyList<string> Order(TransportSettings settings) => settings.Order;
}
