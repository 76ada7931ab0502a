namespace VmProxy.Engine.Capacity.Forecasting;

/// <summary>
/// Finds jumps that came once: a large VM was added, an old one deleted. The present level has them, the trend must not. A jump that comes again is a
/// habit (a new VM each month, a clean-up each week) and stays in the series, where the regression weighs it against what happens in between.
/// </summary>
static class UsageSteps
{
    /// <summary>A day's change is a jump when it is so many times the usual scatter of the changes …</summary>
    const double Scatters = 8;

    /// <summary>… and no less than this share of the capacity.</summary>
    const double LeastShare = 0.03;

    /// <summary>The jumps that came once: the index of the first point after each, and by how much it differs from the usual change.</summary>
    public static IReadOnlyList<(int Index, double Bytes)> Find(IReadOnlyList<double> days, IReadOnlyList<double> used, double capacity)
    {
        var rates = new double[used.Count - 1];
        for (var i = 0; i < rates.Length; i++)
        {
            rates[i] = (used[i + 1] - used[i]) / (days[i + 1] - days[i]);
        }

        var (usual, scatter) = Robust.Middle(rates);
        var least = Math.Max(Scatters * scatter, LeastShare * capacity);
        var jumps = Enumerable.Range(1, rates.Length)
            .Select(index => (Index: index, Bytes: used[index] - used[index - 1] - (usual * (days[index] - days[index - 1]))))
            .Where(jump => Math.Abs(jump.Bytes) > least)
            .ToArray();
        return [.. jumps.Where(jump => jumps.Count(other => Math.Sign(other.Bytes) == Math.Sign(jump.Bytes)) == 1)];
    }

    /// <summary>The series as it would be had the jumps been there from its beginning.</summary>
    public static double[] Without(IReadOnlyList<double> used, IReadOnlyList<(int Index, double Bytes)> jumps) =>
        [.. used.Select((value, index) => value + jumps.Where(jump => index < jump.Index).Sum(jump => jump.Bytes))];
}
