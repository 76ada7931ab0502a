using VmProxy.Catalog;

namespace VmProxy.Engine.Sessions;

/// <summary>What a session takes from its surroundings, and a test replaces.</summary>
sealed record SessionParts
{
    public ICheckpoints Checkpoints { get; init; } = new NoCheckpoints();

    public IProcessTable Processes { get; init; } = new LinuxProcessTable();
}
