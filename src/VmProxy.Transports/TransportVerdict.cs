namespace VmProxy.Transports;

/// <summary>Whether a transport can read a disk. It is shown to people and kept in results.</summary>
/// <param name="Transport">The transport's name.</param>
/// <param name="Usable">Whether it can.</param>
/// <param name="Reasons">Why not, or what to know when it can; may be empty.</param>
public sealed record TransportVerdict(string Transport, bool Usable, IReadOnlyList<TransportReason> Reasons)
{
    /// <summary>
    /// Whether disks of this form are read by code of ours that was verified on simulated hosts only. Such a verdict is not chosen automatically until
    /// <c>vmproxy doctor --compare</c> has proved the form on the host's build.
    /// </summary>
    public bool NeedsProof { get; init; }

    /// <summary>A verdict from its reasons: usable unless one of them blocks.</summary>
    public static TransportVerdict From(string transport, IReadOnlyList<TransportReason> reasons) =>
        new(transport, reasons.All(reason => !reason.Blocks), reasons);
}

/// <summary>A stable reason for or against a transport.</summary>
/// <param name="Code">One of <see cref="TransportCodes"/>.</param>
/// <param name="Text">For people.</param>
/// <param name="Blocks">Whether it rules the transport out; otherwise it is a warning.</param>
public sealed record TransportReason(string Code, string Text, bool Blocks = true);
