namespace VmProxy.Catalog;

/// <summary>The fullest moment of a day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="CapacityBytes">Size at that moment.</param>
/// <param name="FreeBytes">The least that was free on that day.</param>
public readonly record struct DayLow(DateOnly Day, long CapacityBytes, long FreeBytes);

/// <summary>Gathers the lows of days from samples that come in the order of time.</summary>
static class DayLows
{
    public static void Add(List<DayLow> days, DateOnly day, long capacityBytes, long freeBytes)
    {
        if (days.Count == 0 || days[^1].Day != day)
        {
            days.Add(new DayLow(day, capacityBytes, freeBytes));
        }
        else if (freeBytes < days[^1].FreeBytes)
        {
            days[^1] = new DayLow(day, capacityBytes, freeBytes);
        }
    }

    /// <summary>The day of a time as the catalog writes it; quick, for a report reads hundreds of thousands.</summary>
    public static DateOnly DayOf(ReadOnlySpan<char> text) => new(Number(text[..4]), Number(text[5..7]), Number(text[8..10]));

    static int Number(ReadOnlySpan<char> digits)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            number = (number * 10) + (digit - '0');
        }

        return number;
    }
}
