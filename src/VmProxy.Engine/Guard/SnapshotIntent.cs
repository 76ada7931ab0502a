using System.Text.Json;
using System.Text.Json.Serialization;
using VmProxy.Catalog;

namespace VmProxy.Engine.Guard;

/// <summary>What a journalled snapshot takes, for the other runs of this installation to reckon with.</summary>
/// <param name="Host">The host that ran the VM; null when none.</param>
/// <param name="Room">What it takes at each place.</param>
sealed record SnapshotIntent(string? Host, IReadOnlyList<IntendedRoom> Room)
{
    static readonly SnapshotIntent Nothing = new(null, []);

    public static SnapshotIntent Of(JournalRecord record)
    {
        try
        {
            return record.Entry.Intent is { } text ? JsonSerializer.Deserialize(text, IntentJson.Default.SnapshotIntent) ?? Nothing : Nothing;
        }
        catch (JsonException)
        {
            // A later version's: that it exists still counts.
            return Nothing;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, IntentJson.Default.SnapshotIntent);

    /// <summary>The same once it was measured what merging takes; what the guest was expected to write is expected still.</summary>
    /// <param name="merge">Bytes at each place.</param>
    public SnapshotIntent Measured(IReadOnlyDictionary<string, long> merge) => this with
    {
        Room =
        [
            .. Room.Where(room => !merge.ContainsKey(room.Place)),
            .. merge.Select(now => At(now.Key) is { } planned
                ? new IntendedRoom(now.Key, planned.Bytes - planned.MergeBytes + Math.Max(planned.MergeBytes, now.Value), Math.Max(planned.MergeBytes, now.Value))
                : new IntendedRoom(now.Key, now.Value, now.Value)),
        ],
    };

    /// <summary>What it takes at a place; null when it has nothing there.</summary>
    public IntendedRoom? At(string place) => Room.FirstOrDefault(room => room.Place == place);
}

/// <summary>What a snapshot takes at one place.</summary>
/// <param name="Place">As <see cref="RoomNeed.Place"/>.</param>
/// <param name="Bytes">In all.</param>
/// <param name="MergeBytes">Of that, what merging it back takes.</param>
sealed record IntendedRoom(string Place, long Bytes, long MergeBytes);

/// <summary>The JSON form of <see cref="SnapshotIntent"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SnapshotIntent))]
sealed partial class IntentJson : JsonSerializerContext;
