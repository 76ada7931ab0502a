using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmProxy.Repository;

/// <summary>A disk that a point holds.</summary>
public sealed record PointDisk
{
    /// <summary>The virtual device's key.</summary>
    public int Key { get; init; }

    /// <summary>Its label, such as "Hard disk 1".</summary>
    public string Label { get; init; } = "";

    /// <summary>Size in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>The change id of the snapshot's disk: the base of the next incremental. Null when changes are not tracked.</summary>
    public string? ChangeId { get; init; }

    /// <summary>Uuid of the backing.</summary>
    public string? DiskUuid { get; init; }

    /// <summary>Content id of the backing.</summary>
    public string? ContentId { get; init; }

    /// <summary>The snapshot's backing file, "[datastore] path".</summary>
    public string FileName { get; init; } = "";

    /// <summary>The transport that read it.</summary>
    public string Transport { get; init; } = "";

    /// <summary>The level that it was really read with: full, incremental or differential.</summary>
    public string Level { get; init; } = "full";

    /// <summary>Decisions taken for this disk: first why that level, then the verdicts on the transports.</summary>
    public IReadOnlyList<PointReason> Reasons { get; init; } = [];

    /// <summary>Bytes that differ from the base; the disk's used bytes in a full.</summary>
    public long ChangedBytes { get; init; }

    /// <summary>Bytes read from the transport.</summary>
    public long ReadBytes { get; init; }

    /// <summary>What the maker of the point wants to remember of the disk; the repository does not look at it.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>The content.</summary>
    public required DiskMap Map { get; init; }

    /// <summary>Members that a later version wrote.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
