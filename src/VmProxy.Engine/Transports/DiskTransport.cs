using System.Text.Json.Serialization;
using VmProxy.Engine.Failures;
using VmProxy.Transports;

namespace VmProxy.Engine.Transports;

/// <summary>A transport as seen by one disk: whether it can read it, and what it really did.</summary>
public sealed record DiskTransport
{
    /// <summary>The transport's name.</summary>
    public required string Transport { get; init; }

    /// <summary>Whether it was found able to read the disk, before anything was changed.</summary>
    public required bool Usable { get; init; }

    /// <summary>Why not, or what to know when it can.</summary>
    public IReadOnlyList<DiskTransportReason> Reasons { get; init; } = [];

    /// <summary>Bytes that it read; 0 for one that was not used.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Why it did not read the disk to its end although it was tried; null otherwise.</summary>
    public Failure? Failure { get; init; }

    /// <summary>Stable codes of everything that was said of it: verdict first, then how it failed.</summary>
    [JsonIgnore]
    public IEnumerable<string> Codes => Reasons.Select(reason => reason.Code).Concat(Failure is null ? [] : [Failure.Code]);

    internal static DiskTransport Of(TransportVerdict verdict) => new()
    {
        Transport = verdict.Transport,
        Usable = verdict.Usable,
        Reasons = [.. verdict.Reasons.Select(reason => new DiskTransportReason(reason.Code, reason.Text, reason.Blocks))],
    };
}

/// <summary>A stable reason for or against a transport.</summary>
/// <param name="Code">Stable code, such as <c>HOTADD_NO_FREE_SLOT</c>.</param>
/// <param name="Text">For people.</param>
/// <param name="Blocks">Whether it rules the transport out; otherwise it is a warning.</param>
public sealed record DiskTransportReason(string Code, string Text, bool Blocks);
