using System.Globalization;
using VmProxy.Catalog;
using VmProxy.Engine;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>Notices about the room of datastores.</summary>
static class CapacityNotices
{
    /// <summary>What tells a datastore from others, in messages and in what stands.</summary>
    public static string NameOf(DatastoreCapacity row) => $"{row.Vcenter} / {row.Name}";

    /// <summary>Whether what stands is about a datastore of this vCenter.</summary>
    public static bool IsOf(string vcenter, string subject) => subject.StartsWith($"{vcenter} / ", StringComparison.Ordinal);

    /// <summary>How bad a datastore's free space is. What was told lasts until one more percent of the capacity is free.</summary>
    public static Standing LevelOf(DatastoreCapacity row, GuardSettings guard) =>
        new((int)row.Level, (int)CapacityLevels.Of(row.FreeBytes - (row.CapacityBytes / 100), row.CapacityBytes, guard));

    /// <summary>Whether the datastore is forecast to be full soon; what was told lasts until it is half as long again. One that is full already is told by its level.</summary>
    public static Standing SoonFull(DatastoreCapacity row, DateTimeOffset now, TimeSpan within) =>
        row.Forecast is { Verdict: FillVerdict.Filling, FullAt: { } at } ? new(at - now <= within ? 1 : 0, at - now <= 1.5 * within ? 1 : 0) : default;

    public static Notice Level(DatastoreCapacity row, StandingChange change, DateTimeOffset now) => change == StandingChange.Ended
        ? new Notice(NoticeKind.Capacity, NoticeSeverity.Information, NameOf(row), $"Datastore {row.Name} has room again: {Free(row)} free", [Facts(row)], now)
        : new Notice(
            NoticeKind.Capacity, row.Level == CapacityLevel.Critical ? NoticeSeverity.Error : NoticeSeverity.Warning, NameOf(row),
            $"Datastore {row.Name} {(change == StandingChange.StillStands ? "still " : "")}has only {Free(row)} free ({(row.Level == CapacityLevel.Critical ? "critical" : "warning")})",
            [Facts(row), Outlook(row), "vmproxy report capacity says what eats it."], now)
        { Facts = FactsOf(row) };

    public static Notice Forecast(DatastoreCapacity row, StandingChange change, DateTimeOffset now) => change == StandingChange.Ended
        ? new Notice(NoticeKind.Capacity, NoticeSeverity.Information, NameOf(row), $"Datastore {row.Name} is not about to be full any more", [Facts(row), Outlook(row)], now)
        : new Notice(
            NoticeKind.Capacity, NoticeSeverity.Warning, NameOf(row), $"Datastore {row.Name} is forecast to be full on {row.Forecast!.FullAt:yyyy-MM-dd}",
            [Facts(row), Outlook(row), "vmproxy report capacity says what eats it."], now)
        { Facts = FactsOf(row) };

    static string Free(DatastoreCapacity row) => string.Create(CultureInfo.InvariantCulture, $"{row.FreePercent} %");

    static string Facts(DatastoreCapacity row) => $"{NameOf(row)}: {Sizes.Text(row.FreeBytes)} of {Sizes.Text(row.CapacityBytes)} free.";

    static string Outlook(DatastoreCapacity row) => row.Forecast switch
    {
        { Verdict: FillVerdict.Filling, FullAt: { } at } forecast =>
            $"It is forecast to be full on {at:yyyy-MM-dd}{(forecast is { Earliest: { } earliest } ? $", between {earliest:yyyy-MM-dd} and {(forecast.Latest is { } latest ? $"{latest:yyyy-MM-dd}" : "much later")}" : "")}.",
        { Verdict: FillVerdict.Full } => "It is full.",
        { Verdict: FillVerdict.NotFilling } => "It is not filling.",
        _ => "There are too few samples for a forecast.",
    };

    static Dictionary<string, string> FactsOf(DatastoreCapacity row) => new()
    {
        ["code"] = "DATASTORE_SPACE",
        ["vcenter"] = row.Vcenter,
        ["datastore"] = row.Name,
        ["level"] = row.Level.ToString().ToLowerInvariant(),
        ["freeBytes"] = row.FreeBytes.ToString(CultureInfo.InvariantCulture),
        ["capacityBytes"] = row.CapacityBytes.ToString(CultureInfo.InvariantCulture),
        ["fullAt"] = row.Forecast?.FullAt is { } at ? at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : "",
    };
}
