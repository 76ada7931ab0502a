namespace VmProxy.Engine.Compare;

/// <summary>What one transport read, or why it could not.</summary>
/// <param name="Transport">Its name.</param>
/// <param name="IsRelied">Whether it needs no proof, or has one.</param>
/// <param name="Digests">A digest a block, null for zeros.</param>
sealed record Sample(string Transport, bool IsRelied, IReadOnlyList<string?> Digests);

/// <summary>Judges transports by what they read.</summary>
static class Agreement
{
    /// <summary>
    /// The verdict on each sample, with the number of the first block that differs. What is relied on decides where it agrees with itself; else only
    /// unanimity proves anything. Blocks of zeros prove nothing, for a transport that reads nothing would read them too.
    /// </summary>
    public static IReadOnlyList<(Sample Sample, ComparisonVerdict Verdict, int? Difference)> Judge(IReadOnlyList<Sample> samples)
    {
        var relied = samples.Where(sample => sample.IsRelied).ToArray();
        var references = relied.Length > 0 ? relied : samples;
        var reference = references.Count > 0 && references.All(sample => Difference(sample, references[0]) is null) ? references[0] : null;
        return [.. samples.Select(sample => Judge(sample, samples, reference))];
    }

    /// <summary>Blocks in which any transport found data.</summary>
    public static int DataBlocks(IReadOnlyList<Sample> samples) =>
        samples.Count == 0 ? 0 : Enumerable.Range(0, samples[0].Digests.Count).Count(block => samples.Any(sample => sample.Digests[block] is not null));

    static (Sample, ComparisonVerdict, int?) Judge(Sample sample, IReadOnlyList<Sample> samples, Sample? reference)
    {
        var difference = reference is null
            ? samples.Select(other => Difference(sample, other)).FirstOrDefault(found => found is not null)
            : Difference(sample, reference);
        if (difference is not null)
        {
            return (sample, ComparisonVerdict.Differs, difference);
        }

        var agrees = samples.Any(other => other != sample && Difference(sample, other) is null);
        return (sample, agrees && DataBlocks(samples) > 0 ? ComparisonVerdict.Proven : ComparisonVerdict.NotCompared, null);
    }

    static int? Difference(Sample one, Sample other)
    {
        for (var block = 0; block < one.Digests.Count; block++)
        {
            if (one.Digests[block] != other.Digests[block])
            {
                return block;
            }
        }

        return null;
    }
}
