using VmProxy.Catalog;
using VmProxy.Service.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>Turns what stands at a moment into what is new, so that the same is not told every hour.</summary>
sealed class NoticeStates(CurrentConfiguration current)
{
    public const string Capacity = "capacity";
    public const string Forecast = "forecast";
    public const string Missing = "missing";
    public const string Janitor = "janitor";

    /// <summary>
    /// Compares all that stands of a kind with what is known, and returns what changed. What is known and not among <paramref name="levels"/> has ended.
    /// </summary>
    /// <param name="catalog">Where it is kept.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="levels">How bad each subject is.</param>
    /// <param name="unknown">Subjects of which nothing is known at present, such as those of a vCenter that is away: what stands of them stays as it is.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<IReadOnlyList<(string Subject, StandingChange Change)>> UpdateAsync(
        CatalogDatabase catalog, string kind, IReadOnlyDictionary<string, Standing> levels, Func<string, bool> unknown, CancellationToken cancellationToken)
    {
        List<(string, StandingChange)> changes = [];
        var known = await catalog.StandingNotices.ListAsync(kind, cancellationToken).ConfigureAwait(false);
        var before = known.ToDictionary(notice => notice.Subject, notice => notice.Level);
        foreach (var subject in levels.Keys.Concat(before.Keys).Distinct().Where(subject => !unknown(subject)).Order(StringComparer.Ordinal))
        {
            var change = await catalog.StandingNotices.UpdateAsync(
                kind, subject, levels.GetValueOrDefault(subject).After(before.GetValueOrDefault(subject)), current.Settings.Notifications.RepeatAfter, cancellationToken).ConfigureAwait(false);
            if (change != StandingChange.None)
            {
                changes.Add((subject, change));
            }
        }

        return changes;
    }
}

/// <summary>How bad something is; 0 is fine.</summary>
/// <param name="Level">How bad it is for who knows nothing of it yet.</param>
/// <param name="Lasting">How bad it still is for who was told before, no less than the level: what swings around a threshold is not told with each swing.</param>
readonly record struct Standing(int Level, int Lasting)
{
    public Standing(int level)
        : this(level, level)
    {
    }

    /// <summary>The level, when another one was known before.</summary>
    public int After(int known) => Math.Max(Level, Math.Min(known, Lasting));
}
