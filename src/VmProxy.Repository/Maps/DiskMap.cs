using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmProxy.Repository;

/// <summary>
/// The content of one disk at one time: the root of its page tree (docs/FORMAT.md, "Maps"). It stands for the whole disk; no other map is
/// needed to read it.
/// </summary>
public sealed record DiskMap
{
    /// <summary>Size of the disk in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Size of a chunk in bytes; the last one of a disk may be shorter.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Levels of pages, leaves included; at least 1.</summary>
    public required int Levels { get; init; }

    /// <summary>Id of the root page, 64 hexadecimal digits; null when the whole disk is zeros.</summary>
    public string? Root { get; init; }

    /// <summary>Members that a later version wrote.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    [JsonIgnore]
    internal ChunkId RootId => Root is null ? default : ChunkId.Parse(Root, Maps.MapShape.NameOf(this));
}
