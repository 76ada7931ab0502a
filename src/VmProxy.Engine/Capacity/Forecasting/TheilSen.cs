namespace VmProxy.Engine.Capacity.Forecasting;

/// <summary>
/// A line through points of which some are wild: its slope is the median of the slopes between all pairs (Theil–Sen), so that less than a quarter of the
/// points cannot bend it. The interval of the slope is Sen's, from the variance of Kendall's S. That holds for independent points; what a datastore holds
/// today depends on yesterday, so the variance is made larger by the serial correlation of the residuals.
/// </summary>
sealed record TheilSen
{
    /// <summary>The two-sided interval of 90 % ends at so many standard deviations.</summary>
    const double Deviations = 1.645;

    /// <summary>A series that hardly ever turns tells next to nothing; the factor of its variance stays finite.</summary>
    const double MostCorrelation = 0.97;

    /// <summary>Residuals below this share of the largest value are rounding.</summary>
    const double Rounding = 1e-9;

    /// <summary>The slope.</summary>
    public required double Slope { get; init; }

    /// <summary>Lower end of the slope.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end of the slope.</summary>
    public required double High { get; init; }

    /// <summary>Whether there are points enough to say anything about the ends.</summary>
    public required bool IsBounded { get; init; }

    /// <summary>What the line has at zero: half of the points lie above it.</summary>
    public required double Intercept { get; init; }

    /// <summary>By how much each point lies above the line, ascending.</summary>
    public required IReadOnlyList<double> Residuals { get; init; }

    /// <summary>The line's value.</summary>
    public double At(double x) => (Slope * x) + Intercept;

    /// <summary>The residual that a share of the points does not exceed.</summary>
    public double Residual(double share) => Residuals[(int)(share * (Residuals.Count - 1))];

    /// <summary>Fits a line; the x must ascend.</summary>
    /// <exception cref="ArgumentException">There are fewer than two points.</exception>
    public static TheilSen Fit(IReadOnlyList<double> xs, IReadOnlyList<double> ys)
    {
        if (xs.Count < 2 || xs.Count != ys.Count)
        {
            throw new ArgumentException("A line needs two points, and an x for each y.", nameof(xs));
        }

        var slopes = Slopes(xs, ys);
        var slope = Robust.Median(slopes);
        var residuals = new double[xs.Count];
        for (var i = 0; i < residuals.Length; i++)
        {
            residuals[i] = ys[i] - (slope * xs[i]);
        }

        var intercept = Robust.Median([.. residuals.Order()]);
        residuals = [.. residuals.Select(value => value - intercept)];
        var n = (double)xs.Count;
        var correlation = Correlation(residuals, ys.Max(Math.Abs));
        var spread = Deviations * Math.Sqrt(n * (n - 1) * ((2 * n) + 5) / 18 * (1 + correlation) / (1 - correlation));
        var rank = (int)Math.Floor((slopes.Length - spread) / 2);
        var inside = Math.Max(rank, 0);
        return new TheilSen
        {
            Slope = slope,
            Low = slopes[inside],
            High = slopes[slopes.Length - 1 - inside],
            IsBounded = rank >= 0,
            Intercept = intercept,
            Residuals = [.. residuals.Order()],
        };
    }

    static double[] Slopes(IReadOnlyList<double> xs, IReadOnlyList<double> ys)
    {
        var slopes = new double[xs.Count * (xs.Count - 1) / 2];
        var next = 0;
        for (var i = 0; i < xs.Count; i++)
        {
            for (var j = i + 1; j < xs.Count; j++)
            {
                slopes[next++] = (ys[j] - ys[i]) / (xs[j] - xs[i]);
            }
        }

        Array.Sort(slopes);
        return slopes;
    }

    /// <summary>The correlation of each residual with the next, corrected for short series, which show it too small.</summary>
    static double Correlation(double[] residuals, double largest)
    {
        var mean = residuals.Average();
        var variance = residuals.Sum(value => (value - mean) * (value - mean));
        if (variance <= residuals.Length * Math.Pow(largest * Rounding, 2))
        {
            return 0;
        }

        var together = residuals.Zip(residuals.Skip(1), (one, next) => (one - mean) * (next - mean)).Sum();
        var correlation = together / variance;
        correlation += (1 + (4 * Math.Max(correlation, 0))) / residuals.Length;
        return Math.Clamp(correlation, 0, MostCorrelation);
    }
}
