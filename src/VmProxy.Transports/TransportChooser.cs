using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>Picks a transport for each disk: the first usable one in the configured order.</summary>
public sealed class TransportChooser
{
    readonly IReadOnlyList<IDiskTransport> _order;

    /// <summary>Creates a chooser.</summary>
    /// <param name="transports">The transports that this program has.</param>
    /// <param name="order">The names that are allowed, best first. Others are never used.</param>
    /// <exception cref="TransportException">A name is not that of a transport.</exception>
    public TransportChooser(IReadOnlyCollection<IDiskTransport> transports, IEnumerable<string> order)
    {
        ArgumentNullException.ThrowIfNull(transports);
        ArgumentNullException.ThrowIfNull(order);
        _order =
        [
            .. order.Distinct(StringComparer.OrdinalIgnoreCase).Select(name =>
                transports.FirstOrDefault(transport => transport.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new TransportException(
                    TransportCodes.Unknown,
                    name,
                    "choosing a transport",
                    $"there is no transport '{name}'.",
                    $"Allowed are: {string.Join(", ", transports.Select(transport => transport.Name))}.")),
        ];
    }

    /// <summary>Judges every allowed transport for a disk and picks the first usable one.</summary>
    public TransportChoice Choose(VirtualMachine vm, VirtualDisk disk)
    {
        var verdicts = _order.Select(transport => (Transport: transport, Verdict: transport.Judge(vm, disk))).ToList();
        return new TransportChoice(
            verdicts.FirstOrDefault(judged => judged.Verdict.Usable).Transport, [.. verdicts.Select(judged => judged.Verdict)]);
    }
}

/// <summary>What a chooser decided, and on what grounds.</summary>
/// <param name="Transport">The transport to use; null when none can read the disk.</param>
/// <param name="Verdicts">One verdict for each allowed transport, in order.</param>
public sealed record TransportChoice(IDiskTransport? Transport, IReadOnlyList<TransportVerdict> Verdicts)
{
    /// <summary>The transport to use.</summary>
    /// <exception cref="TransportException">None can read the disk; the message names every reason.</exception>
    public IDiskTransport Require(SnapshotDiskRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Require(request.DisplayName);
    }

    /// <summary>The transport to use.</summary>
    /// <param name="disk">How the message calls the disk.</param>
    /// <exception cref="TransportException">None can read the disk; the message names every reason.</exception>
    public IDiskTransport Require(string disk)
    {
        return Transport ?? throw new TransportException(
            TransportCodes.NoneUsable,
            disk,
            "choosing a transport",
            Verdicts.Count == 0
                ? "no transport is allowed."
                : string.Join("; ", Verdicts.Select(verdict =>
                    $"{verdict.Transport}: {string.Join(", ", verdict.Reasons.Select(reason => $"{reason.Text} ({reason.Code})"))}")) + ".",
            "Remove a reason, or allow another transport.");
    }
}
