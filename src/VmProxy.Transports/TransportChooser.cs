using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>
/// Ranks the transports for each disk: the usable ones in the configured order, then those of unproven form where these are allowed, then what may
/// replace an explicit choice.
/// </summary>
public sealed class TransportChooser
{
    readonly TransportRules _rules;
    readonly IReadOnlyList<IDiskTransport> _order;
    readonly IReadOnlyList<IDiskTransport> _fallback;

    /// <summary>Creates a chooser.</summary>
    /// <param name="transports">The transports that this program has.</param>
    /// <param name="order">The names that are allowed, best first. Others are never used.</param>
    /// <exception cref="TransportException">A name is not that of a transport.</exception>
    public TransportChooser(IReadOnlyCollection<IDiskTransport> transports, IEnumerable<string> order)
        : this(transports, new TransportRules { Order = [.. order] })
    {
    }

    /// <summary>Creates a chooser.</summary>
    /// <param name="transports">The transports that this program has.</param>
    /// <param name="rules">Which of them may read.</param>
    /// <exception cref="TransportException">A name is not that of a transport.</exception>
    public TransportChooser(IReadOnlyCollection<IDiskTransport> transports, TransportRules rules)
    {
        ArgumentNullException.ThrowIfNull(transports);
        ArgumentNullException.ThrowIfNull(rules);
        _rules = rules;
        _order = Find(transports, rules.Order);
        _fallback = [.. Find(transports, rules.Fallback).Except(_order)];
    }

    /// <summary>Judges every allowed transport for a disk, and ranks those that can read it.</summary>
    public TransportChoice Choose(VirtualMachine vm, VirtualDisk disk)
    {
        var judged = _order.Select(transport => Judge(transport, vm, disk, isFallback: false))
            .Concat(_fallback.Select(transport => Judge(transport, vm, disk, isFallback: true)))
            .ToArray();
        return new TransportChoice(
            [.. judged
                .Where(one => one.Verdict.Usable)
                .OrderBy(one => (one.Candidate.IsFallback, one.IsLastResort))
                .Select(one => one.Candidate)],
            [.. judged.Select(one => one.Verdict)]);
    }

    (TransportCandidate Candidate, TransportVerdict Verdict, bool IsLastResort) Judge(IDiskTransport transport, VirtualMachine vm, VirtualDisk disk, bool isFallback)
    {
        var verdict = transport.Judge(vm, disk);
        var candidate = new TransportCandidate(transport, isFallback);
        if (!verdict.Usable || !verdict.NeedsProof || _rules.IsProven(transport.Name, vm, disk))
        {
            return (candidate, verdict, false);
        }

        var isAskedFor = _rules.IsExplicit && !isFallback;
        var reason = new TransportReason(
            TransportCodes.FormUnproven,
            "it reads disks of this form by code that was verified on simulated hosts only; 'vmproxy doctor --compare VM' proves it on this host's build",
            Blocks: !isAskedFor && !_rules.AllowUnproven);
        return (candidate, TransportVerdict.From(transport.Name, [.. verdict.Reasons, reason]) with { NeedsProof = true }, !isAskedFor);
    }

    static IDiskTransport[] Find(IReadOnlyCollection<IDiskTransport> transports, IEnumerable<string> names) =>
    [
        .. names.Distinct(StringComparer.OrdinalIgnoreCase).Select(name =>
            transports.FirstOrDefault(transport => transport.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new TransportException(
                TransportCodes.Unknown,
                name,
                "choosing a transport",
                $"there is no transport '{name}'.",
                $"Allowed are: {string.Join(", ", transports.Select(transport => transport.Name))}.")),
    ];
}

/// <summary>A transport that may read a disk.</summary>
/// <param name="Transport">The transport.</param>
/// <param name="IsFallback">Whether it would replace an explicit choice.</param>
public sealed record TransportCandidate(IDiskTransport Transport, bool IsFallback);

/// <summary>What a chooser decided, and on what grounds.</summary>
/// <param name="Candidates">The transports that can read the disk, best first; when one fails, the next goes on.</param>
/// <param name="Verdicts">One verdict for each allowed transport, in order.</param>
public sealed record TransportChoice(IReadOnlyList<TransportCandidate> Candidates, IReadOnlyList<TransportVerdict> Verdicts)
{
    /// <summary>The transport to use first; null when none can read the disk.</summary>
    public IDiskTransport? Transport => Candidates.Count > 0 ? Candidates[0].Transport : null;

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
