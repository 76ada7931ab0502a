using System.Security.Cryptography;
using VmProxy.Blocks;
using VmProxy.Catalog;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Transports;
using VmProxy.Repository;

namespace VmProxy.Engine.Sessions;

/// <summary>What a session takes from its surroundings, and a test replaces.</summary>
sealed record SessionParts
{
    public ICheckpoints Checkpoints { get; init; } = new NoCheckpoints();

    public IProcessTable Processes { get; init; } = new LinuxProcessTable();

    /// <summary>Asks for the room on the disk of a folder; null where nobody can tell.</summary>
    public Func<string, FolderSpace?> Folders { get; init; } = FolderSpace.Of;

    /// <summary>Put around every device that a backup reads: a test makes it slow.</summary>
    public Func<IBlockDevice, IBlockDevice> Source { get; init; } = device => device;

    /// <summary>Numbers that make chance.</summary>
    public Func<int> Seed { get; init; } = () => RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Where the transports come from.</summary>
    public ITransportSource Transports { get; init; } = new ConfiguredTransports();

    /// <summary>What a guess of a passphrase costs in repositories that are made, and for keys that are added.</summary>
    public PassphraseCost PassphraseCost { get; init; } = PassphraseCost.Default;
}
