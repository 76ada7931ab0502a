namespace VmProxy.Catalog;

/// <summary>That the changed areas of a disk were found to leave out changes.</summary>
public sealed record ChangeTrackingDoubt
{
    /// <summary>The VM.</summary>
    public required VmKey Vm { get; init; }

    /// <summary>The disk's device key in the VM.</summary>
    public required int DiskKey { get; init; }

    /// <summary>The run that found it.</summary>
    public required string RunId { get; init; }

    /// <summary>When it was found.</summary>
    public DateTimeOffset FoundAt { get; init; }

    /// <summary>The epoch of change tracking, the part of a change id before the slash.</summary>
    public required string Epoch { get; init; }

    /// <summary>What was found, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>The file that holds the evidence; null when it could not be written.</summary>
    public string? Evidence { get; init; }

    /// <summary>When a full of the disk was made; null while there is none, and changed areas are not to be believed.</summary>
    public DateTimeOffset? LiftedAt { get; init; }

    /// <summary>The point that holds that full.</summary>
    public string? LiftedBy { get; init; }
}
