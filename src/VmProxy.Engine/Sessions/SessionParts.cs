using VmProxy.Catalog;
using VmProxy.Engine.Transports;
using VmProxy.Repository;

namespace VmProxy.Engine.Sessions;

/// <summary>What a session takes from its surroundings, and a test replaces.</summary>
sealed record SessionParts
{
    public ICheckpoints Checkpoints { get; init; } = new NoCheckpoints();

    public IProcessTable Processes { get; init; } = new LinuxProcessTable();

    /// <summary>Where the transports come from.</summary>
    public ITransportSource Transports { get; init; } = new ConfiguredTransports();

    /// <summary>What a guess of a passphrase costs in repositories that are made, and for keys that are added.</summary>
    public PassphraseCost PassphraseCost { get; init; } = PassphraseCost.Default;
}
