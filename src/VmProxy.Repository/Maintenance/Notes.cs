using System.Text.Json.Serialization;

namespace VmProxy.Repository.Maintenance;

/// <summary>A writer is at work. The note is never replaced, so that no listing can miss it.</summary>
internal sealed record SessionNote(DateTimeOffset Started, string Owner);

/// <summary>When the writer last showed that it lives, by its own clock.</summary>
internal sealed record AliveNote(DateTimeOffset Time);

/// <summary>From here on no point of the session becomes valid except by being named in the closed note.</summary>
internal sealed record ClosingNote(DateTimeOffset Time);

/// <summary>The session is over. Written once, by whoever comes first.</summary>
/// <param name="Time">When.</param>
/// <param name="Points">Names (32 hexadecimal digits) of the session's valid points.</param>
internal sealed record ClosedNote(DateTimeOffset Time, IReadOnlyList<string> Points);

internal sealed record TrashNote(DateTimeOffset Time, string Point);

internal sealed record HoldNote(DateTimeOffset Time, string Point, string Reason);

/// <param name="Time">When they were condemned.</param>
/// <param name="Packs">Whole object names.</param>
internal sealed record CondemnedNote(DateTimeOffset Time, IReadOnlyList<string> Packs);

/// <summary>The sessions that were at work in some listing after the marker beside which this note stands was there.</summary>
internal sealed record WaitingNote(IReadOnlyList<string> Sessions);

/// <param name="Epoch">Grows with every owner.</param>
/// <param name="Owner">In words.</param>
/// <param name="Token">Random; the same owner may come twice.</param>
/// <param name="Expires">By the owner's clock. Past it another may take over.</param>
internal sealed record LeaseNote(long Epoch, string Owner, string Token, DateTimeOffset Expires);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SessionNote))]
[JsonSerializable(typeof(AliveNote))]
[JsonSerializable(typeof(ClosingNote))]
[JsonSerializable(typeof(ClosedNote))]
[JsonSerializable(typeof(TrashNote))]
[JsonSerializable(typeof(HoldNote))]
[JsonSerializable(typeof(CondemnedNote))]
[JsonSerializable(typeof(WaitingNote))]
[JsonSerializable(typeof(LeaseNote))]
internal sealed partial class NoteJson : JsonSerializerContext;
