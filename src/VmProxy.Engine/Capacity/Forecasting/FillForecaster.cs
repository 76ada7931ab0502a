namespace VmProxy.Engine.Capacity.Forecasting;

/// <summary>
/// Says when something will be full, from the fullest moment of each day. What is used is looked at, not what is free: enlarging a datastore is then no
/// step. The date is when the upper edge of its ups and downs reaches the capacity, for a datastore is full when its peak is.
/// </summary>
static class FillForecaster
{
    /// <summary>Fewer days tell nothing: a week has its own rhythm.</summary>
    public const int LeastDays = 7;

    /// <summary>Older days say little of what comes.</summary>
    public const int Window = 90;

    /// <summary>The upper edge: one in ten days is higher.</summary>
    const double Edge = 0.9;

    /// <summary>With no more than this free, or with 0.1 % of its size, it is full: no thin disk grows and no VM starts.</summary>
    const long FullBelowBytes = 1L << 30;

    const double FullBelowShare = 0.001;

    /// <summary>What surely grows by less than this share of the size a day does not grow: it would take three million years. A share, so that the verdict does not hang on the unit; and at least a byte.</summary>
    const double LeastShareOfADay = 1e-9;

    /// <summary>The forecast for something of this size with this much free.</summary>
    /// <param name="history">The fullest moments of its days, oldest first; today's may be among them.</param>
    /// <param name="capacityBytes">Its size now.</param>
    /// <param name="freeBytes">What is free now.</param>
    /// <param name="now">The present time.</param>
    public static FillForecast Forecast(IReadOnlyList<DayOfCapacity> history, long capacityBytes, long freeBytes, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        DayOfCapacity[] days = [.. history.Where(day => day.Day > today.AddDays(-Window) && day.Day <= today)];
        if (capacityBytes > 0 && freeBytes <= Math.Min(FullBelowBytes, capacityBytes * FullBelowShare))
        {
            return new FillForecast { Verdict = FillVerdict.Full, Days = days.Length };
        }

        if (capacityBytes <= 0 || days.Length < LeastDays)
        {
            return new FillForecast { Verdict = FillVerdict.TooFewSamples, Days = days.Length };
        }

        double[] xs = [.. days.Select(day => (double)(day.Day.DayNumber - today.DayNumber))];
        double[] used = [.. days.Select(day => (double)(day.CapacityBytes - day.FreeBytes))];
        var jumps = UsageSteps.Find(xs, used, capacityBytes);
        var line = TheilSen.Fit(xs, UsageSteps.Without(used, jumps));
        var forecast = new FillForecast
        {
            Verdict = FillVerdict.NotFilling,
            Days = days.Length,
            BytesPerDay = (long)line.Slope,
            BytesPerDayLow = (long)line.Low,
            BytesPerDayHigh = (long)line.High,
            Steps = [.. jumps.Select(jump => new UsageStep(days[jump.Index].Day, (long)jump.Bytes))],
        };
        return line.IsBounded && line.Low >= Math.Max(1, capacityBytes * LeastShareOfADay) ? Dated(forecast, line, capacityBytes, freeBytes, now) : forecast;
    }

    static FillForecast Dated(FillForecast forecast, TheilSen line, double capacity, double free, DateTimeOffset now)
    {
        var used = capacity - free;
        var edge = Level(line.At(0) + line.Residual(Edge));
        var top = Level(line.At(0) + line.Residual(1));
        var days = (capacity - edge) / line.Slope;
        if (days > FillForecast.Horizon.TotalDays)
        {
            return forecast;
        }

        var latest = (capacity - Math.Min(line.At(0), used)) / line.Low;
        return forecast with
        {
            Verdict = FillVerdict.Filling,
            FullAt = now.AddDays(days),
            Earliest = now.AddDays(Math.Min(days, (capacity - top) / line.High)),
            Latest = latest > FillForecast.Horizon.TotalDays ? null : now.AddDays(Math.Max(days, latest)),
        };

        // No lower than what is used now; and where the line says that it is full already, which it is not, what is used now.
        double Level(double value) => value >= capacity ? used : Math.Max(value, used);
    }
}
