namespace VmProxy.Vsphere;

/// <summary>Whether the guest's file systems and applications are to be brought to rest for a snapshot.</summary>
public enum QuiescePolicy
{
    /// <summary>Try; take a crash-consistent snapshot when it fails, and say so.</summary>
    Prefer,

    /// <summary>Try; fail when it fails.</summary>
    Require,

    /// <summary>Do not try.</summary>
    Never,
}

/// <summary>Whether to quiesce, decided before anything is changed (requirement 11).</summary>
/// <param name="Quiesce">Whether to ask for it.</param>
/// <param name="Reason">Why it is not asked for although it was wanted; null otherwise.</param>
sealed record QuiescePlan(bool Quiesce, string? Reason)
{
    public static QuiescePlan Decide(VirtualMachine vm, QuiescePolicy policy)
    {
        // What is off is at rest; a suspended guest cannot be spoken to, and resumes where it was.
        if (policy == QuiescePolicy.Never || vm.PowerState == "poweredOff")
        {
            return new QuiescePlan(false, null);
        }

        string? obstacle = vm switch
        {
            { PowerState: "suspended" } => "the VM is suspended",
            { QuiesceSupported: false } => "the VM does not support quiesced snapshots",
            { ToolsRunning: false } => "the guest's tools do not run",
            _ => null,
        };
        if (obstacle is not null && policy == QuiescePolicy.Require)
        {
            throw new VsphereException(
                VsphereErrorCodes.QuiesceUnavailable,
                vm.Name,
                "creating a quiesced snapshot",
                $"{obstacle}.",
                "Start the guest's tools, or allow crash-consistent snapshots.");
        }

        return new QuiescePlan(obstacle is null, obstacle);
    }
}
