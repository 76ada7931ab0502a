using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>Which transports may read, in which order.</summary>
public sealed record TransportRules
{
    /// <summary>The names that are allowed, best first. Others are never used.</summary>
    public required IReadOnlyList<string> Order { get; init; }

    /// <summary>Whether somebody named <see cref="Order"/> for this one run. What was asked for is used even where its form is unproven.</summary>
    public bool IsExplicit { get; init; }

    /// <summary>Names that may replace an explicit choice which cannot read a disk, best first; empty when nothing may.</summary>
    public IReadOnlyList<string> Fallback { get; init; } = [];

    /// <summary>Whether an unproven form is used where nothing else can read a disk.</summary>
    public bool AllowUnproven { get; init; }

    /// <summary>Whether a comparison has proved that a transport, by name, reads this disk's form right on the VM's host.</summary>
    public Func<string, VirtualMachine, VirtualDisk, bool> IsProven { get; init; } = (_, _, _) => false;
}
