namespace VmProxy.GuestFiles.Tests.Judging;

/// <summary>Compares two views of one tree.</summary>
static class Judgement
{
    /// <summary>
    /// Fails unless both name the same paths with the same facts. <paramref name="known"/> takes a fact away from the judge's view where the two mean different things by it,
    /// such as the size of a directory.
    /// </summary>
    public static void ExpectSame(IReadOnlyList<FileFacts> ours, IReadOnlyList<FileFacts> judge, Func<FileFacts, FileFacts>? known = null)
    {
        var mine = ours.ToDictionary(facts => facts.Path, StringComparer.Ordinal);
        var theirs = judge.Select(facts => known is null ? facts : known(facts)).ToDictionary(facts => facts.Path, StringComparer.Ordinal);
        string[] differences =
        [
            .. theirs.Keys.Except(mine.Keys).Select(path => $"{path}: is missing"),
            .. mine.Keys.Except(theirs.Keys).Select(path => $"{path}: is too much"),
            .. mine.Where(pair => theirs.ContainsKey(pair.Key)).SelectMany(pair => pair.Value.DifferencesTo(theirs[pair.Key])),
        ];
        Assert.That(judge, Is.Not.Empty);
        Assert.That(differences.Take(20), Is.Empty, $"{differences.Length} differences");
    }
}
