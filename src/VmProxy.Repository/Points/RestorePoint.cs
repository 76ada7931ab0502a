using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmProxy.Repository;

/// <summary>
/// What a restore point says about itself. It exists only when it is complete and durable. Members that this version does not know survive.
/// </summary>
public sealed record RestorePoint
{
    /// <summary>Short, sorts by time, never changes. Empty until the commit gives it, unless the caller did.</summary>
    public string Id { get; init; } = "";

    /// <summary>The time whose state the point holds, UTC; the time of the commit when the caller gave none.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The virtual machine.</summary>
    public required PointVm Vm { get; init; }

    /// <summary><c>full</c>, <c>incremental</c> or <c>differential</c>: what was read. Every point restores on its own.</summary>
    public string Level { get; init; } = "full";

    /// <summary>The job that made the point, if any.</summary>
    public string? Job { get; init; }

    /// <summary>The disks that the point holds.</summary>
    public IReadOnlyList<PointDisk> Disks { get; init; } = [];

    /// <summary>The disks that the virtual machine had and the point does not hold, each with the reason.</summary>
    public IReadOnlyList<ExcludedDisk> ExcludedDisks { get; init; } = [];

    /// <summary>Configuration files: vmx, nvram, configuration as JSON.</summary>
    public IReadOnlyList<BlobReference> Blobs { get; init; } = [];

    /// <summary>What was not as wished, in words.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>True when the guest flushed its file systems for the snapshot.</summary>
    public bool Quiesced { get; init; }

    /// <summary>Further facts by name.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>The session that wrote the point; null in points older than sessions.</summary>
    [JsonInclude]
    internal string? Session { get; init; }

    /// <summary>Members that a later version wrote.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The virtual machine of a point. The two uuids are its identity; name and moRef may change.</summary>
public sealed record PointVm
{
    /// <summary>instanceUuid of the vCenter or host.</summary>
    public string VcenterUuid { get; init; } = "";

    /// <summary>instanceUuid of the virtual machine.</summary>
    public string InstanceUuid { get; init; } = "";

    /// <summary>Its name at the time.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its managed object id at the time, such as vm-42.</summary>
    public string MoRef { get; init; } = "";

    /// <summary>Members that a later version wrote.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A disk that a point does not hold.</summary>
/// <param name="Key">The virtual device's key.</param>
/// <param name="Label">Its label, such as "Hard disk 2".</param>
/// <param name="Code">Stable reason code.</param>
/// <param name="Reason">The reason in words.</param>
public sealed record ExcludedDisk(int Key, string Label, string Code, string Reason);

/// <summary>A decision that the program took, with its stable code.</summary>
/// <param name="Code">Stable reason code.</param>
/// <param name="Message">The reason in words.</param>
public sealed record PointReason(string Code, string Message);

/// <summary>A small file that travels with a point.</summary>
/// <param name="Name">Its name within the point.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Chunks">Ids of its pieces, in order, 64 hexadecimal digits each; an all-zero id is a piece of zeros.</param>
public sealed record BlobReference(string Name, long Length, IReadOnlyList<string> Chunks);
