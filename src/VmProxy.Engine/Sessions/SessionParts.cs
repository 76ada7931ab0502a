using System.Security.Cryptography;
using VmProxy.Catalog;
using VmProxy.Repository;

namespace VmProxy.Engine.Sessions;

/// <summary>What a session takes from its surroundings, and a test replaces.</summary>
sealed record SessionParts
{
    public ICheckpoints Checkpoints { get; init; } = new NoCheckpoints();

    public IProcessTable Processes { get; init; } = new LinuxProcessTable();

    /// <summary>Numbers that make chance.</summary>
    public Func<int> Seed { get; init; } = () => RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>What a guess of a passphrase costs in repositories that are made, and for keys that are added.</summary>
    public PassphraseCost PassphraseCost { get; init; } = PassphraseCost.Default;
}
