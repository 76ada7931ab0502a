namespace VmProxy.Engine.Selection;

/// <summary>Whether anybody backs a VM up.</summary>
public enum VmCoverage
{
    /// <summary>A job selects it.</summary>
    Covered,

    /// <summary>No job selects it, and that is meant: a job excludes it, it is a template, or it is the proxy.</summary>
    Excluded,

    /// <summary>No job selects it, and nobody said so.</summary>
    Uncovered,
}

/// <summary>Whether anybody backs this VM up.</summary>
/// <param name="Vcenter">The vCenter's name in the configuration.</param>
/// <param name="VcenterUuid">The vCenter's identity.</param>
/// <param name="Name">The VM's name.</param>
/// <param name="InstanceUuid">The VM's identity in that vCenter; null when the server gives none.</param>
/// <param name="Coverage">Whether anybody does.</param>
/// <param name="Jobs">The jobs that select it.</param>
/// <param name="Scheduled">Whether any of these runs by itself.</param>
public sealed record CoveredVm(
    string Vcenter, string VcenterUuid, string Name, string? InstanceUuid, VmCoverage Coverage, IReadOnlyList<string> Jobs, bool Scheduled);
