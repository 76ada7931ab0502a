using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmProxy.Repository.Checking;

/// <summary>What checks have found so far, as a note under <c>checks/</c> (docs/FORMAT.md, "Checks").</summary>
internal sealed record CheckNote
{
    /// <summary>Per pack, ascending by id: id (16 bytes), and when it was last read whole (u32, seconds since 1970 UTC).</summary>
    public byte[] Read { get; init; } = [];

    /// <summary>The damage.</summary>
    public IReadOnlyList<NotedDamage> Damaged { get; init; } = [];

    /// <summary>When points were found to name chunks that the index does not know, seconds since 1970 UTC; null when they do not.</summary>
    public uint? Unknown { get; init; }

    /// <summary>Whether two notes differ in nothing but the times at which damage was seen.</summary>
    public bool SaysTheSame(CheckNote other) =>
        Read.AsSpan().SequenceEqual(other.Read) && Unknown is null == other.Unknown is null && Damaged.Count == other.Damaged.Count
        && Damaged.Zip(other.Damaged).All(pair =>
            pair.First.Pack == pair.Second.Pack && (pair.First.Frames ?? []).SequenceEqual(pair.Second.Frames ?? []));
}

/// <summary>A damaged pack.</summary>
/// <param name="Pack">Its id.</param>
/// <param name="Seen">When the damage was last seen, seconds since 1970 UTC: a later whole reading without it ends it.</param>
/// <param name="Frames">Offsets of the damaged frames, none when only other parts of the pack are damaged; null when the pack is missing.</param>
internal sealed record NotedDamage(string Pack, uint Seen, IReadOnlyList<uint>? Frames);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CheckNote))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class CheckJson : JsonSerializerContext;
