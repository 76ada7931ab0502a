using VmProxy.Engine.Capacity;
using VmProxy.Engine.Capacity.Forecasting;

namespace VmProxy.Engine.Tests.Capacity;

/// <summary>Histories of datastores that are made up, so that the right verdict is known.</summary>
static class Histories
{
    public const long Gib = 1L << 30;
    public const long Whole = 1000 * Gib;

    public static readonly DateTimeOffset Now = new(2026, 11, 26, 3, 0, 0, TimeSpan.Zero);

    public static DateOnly Today => DateOnly.FromDateTime(Now.UtcDateTime);

    /// <summary>One day after the other until today, with so many GiB used on each.</summary>
    public static IReadOnlyList<DayOfCapacity> Days(int count, Func<int, double> usedGib, long capacity = Whole) =>
        [.. Enumerable.Range(0, count).Select(day => new DayOfCapacity(Today.AddDays(day - count + 1), capacity, capacity - (long)(usedGib(day) * Gib)))];

    public static FillForecast Forecast(IReadOnlyList<DayOfCapacity> days) => FillForecaster.Forecast(days, days[^1].CapacityBytes, days[^1].FreeBytes, Now);

    public static FillForecast Forecast(int count, Func<int, double> usedGib) => Forecast(Days(count, usedGib));

    /// <summary>Days from now until a date of the forecast.</summary>
    public static double Until(DateTimeOffset? date) => (date!.Value - Now).TotalDays;

    /// <summary>Noise of a standard deviation in GiB; the same seed gives the same.</summary>
    public static Func<int, double> Noise(double gib, int seed)
    {
        var random = new Random(seed);
        double[] values = [.. Enumerable.Range(0, 400).Select(_ => gib * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
        return day => values[day];
    }
}
