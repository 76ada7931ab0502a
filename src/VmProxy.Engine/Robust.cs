namespace VmProxy.Engine;

/// <summary>What is usual among values of which some are wild.</summary>
static class Robust
{
    /// <summary>Makes the median absolute deviation comparable with a standard deviation.</summary>
    const double DeviationOfMad = 1.4826;

    /// <summary>The median of ascending values; 0 of none.</summary>
    public static double Median(IReadOnlyList<double> sorted) => sorted.Count switch
    {
        0 => 0,
        var count when count % 2 == 1 => sorted[count / 2],
        var count => (sorted[(count / 2) - 1] + sorted[count / 2]) / 2,
    };

    /// <summary>The median, and the scatter around it by the median absolute deviation, as large as a standard deviation would be.</summary>
    public static (double Median, double Scatter) Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var median = Median(sorted);
        return (median, DeviationOfMad * Median([.. sorted.Select(value => Math.Abs(value - median)).Order()]));
    }
}
