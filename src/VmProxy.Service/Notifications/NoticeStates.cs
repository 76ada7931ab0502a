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
    /// <param name="levels">How bad each subject is; 0 is fine.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<IReadOnlyList<(string Subject, StandingChange Change)>> UpdateAsync(
        CatalogDatabase catalog, string kind, IReadOnlyDictionary<string, int> levels, CancellationToken cancellationToken)
    {
        List<(string, StandingChange)> changes = [];
        var known = await catalog.StandingNotices.ListAsync(kind, cancellationToken).ConfigureAwait(false);
        foreach (var subject in levels.Keys.Concat(known.Select(notice => notice.Subject)).Distinct().Order(StringComparer.Ordinal))
        {
            var change = await catalog.StandingNotices.UpdateAsync(
                kind, subject, levels.GetValueOrDefault(subject), current.Settings.Notifications.RepeatAfter, cancellationToken).ConfigureAwait(false);
            if (change != StandingChange.None)
            {
                changes.Add((subject, change));
            }
        }

        return changes;
    }
}
