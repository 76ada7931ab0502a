using System.Globalization;
using VmProxy.Engine.Capacity;

namespace VmProxy.Engine.Reports;

/// <summary>
/// A plot of what was used, day by day, below the line of the capacity, with the forecast as a band: inside it the future lies at 90 % confidence. Drawn
/// as SVG with classes only, so that the page's style sheet gives it colours for light, dark and paper.
/// </summary>
sealed class HistoryPlot
{
    const double Width = 720;
    const double Height = 220;
    const double Left = 66;
    const double Right = 12;
    const double Top = 14;
    const double Bottom = 24;
    const int LeastDaysBack = 14;
    const int LeastDaysAhead = 7;
    const int MostDaysAhead = 180;
    const double Headroom = 1.06;

    /// <summary>Half of what the widest label takes.</summary>
    const double HalfLabel = 24;

    /// <summary>Days between two labels: as close as there is room for.</summary>
    static readonly int[] LabelSteps = [1, 2, 7, 14, 30, 61, 91];

    static readonly double[] GridShares = [0, 0.25, 0.5, 0.75, 1];

    readonly IReadOnlyList<DayOfCapacity> _days;
    readonly FillForecast _forecast;
    readonly DateTimeOffset _now;
    readonly double _capacity;
    readonly double _used;
    readonly double _from;
    readonly double _to;
    readonly double _top;

    HistoryPlot(IReadOnlyList<DayOfCapacity> days, FillForecast forecast, long capacityBytes, long freeBytes, DateTimeOffset now)
    {
        (_days, _forecast, _now, _capacity, _used) = (days, forecast, now, capacityBytes, capacityBytes - freeBytes);
        var back = Math.Max(LeastDaysBack, days.Count == 0 ? 0 : -X(days[0].Day));
        var ahead = forecast.FullAt is { } full ? Math.Clamp(1.25 * ((forecast.Latest ?? full) - now).TotalDays, LeastDaysAhead, MostDaysAhead) : back / 3;
        // The past is what is known: the future never takes more than half of the plot.
        (_from, _to) = (-back, Math.Clamp(ahead, LeastDaysAhead, Math.Max(LeastDaysAhead, back)));
        _top = Math.Max(1, Headroom * Math.Max(_capacity, days.Count == 0 ? 0 : days.Max(day => Math.Max(day.CapacityBytes, day.CapacityBytes - day.FreeBytes))));
    }

    /// <summary>Draws it.</summary>
    /// <param name="name">What it shows, for people who hear it.</param>
    /// <param name="days">The fullest moment of each day, oldest first.</param>
    /// <param name="forecast">Where it leads.</param>
    /// <param name="capacityBytes">Size now.</param>
    /// <param name="freeBytes">What is free now.</param>
    /// <param name="now">The present time.</param>
    /// <param name="marks">Shares of free space, in percent, at which a line is drawn: the thresholds.</param>
    public static Html Draw(
        string name, IReadOnlyList<DayOfCapacity> days, FillForecast forecast, long capacityBytes, long freeBytes, DateTimeOffset now, IReadOnlyList<(string Class, double FreePercent)> marks)
    {
        var plot = new HistoryPlot(days, forecast, capacityBytes, freeBytes, now);
        return Html.Of(
            $"""
            <svg class="plot" viewBox="0 0 {Width} {Height}" role="img" aria-label="{name}: {ReportText.Forecast(forecast)}">
            {plot.Grid()}{Html.All(marks.Select(mark => plot.Mark(mark.Class, mark.FreePercent)))}{plot.Band()}{plot.Past()}{plot.CapacityLine()}{plot.Today()}
            </svg>

            """);
    }

    Html Grid()
    {
        var days = (int)(_to - _from);
        var step = LabelSteps.FirstOrDefault(size => days / size <= 8, 122);
        var today = DateOnly.FromDateTime(_now.UtcDateTime);
        var labels = Enumerable.Range((int)Math.Ceiling(_from / step), Math.Max(1, (days / step) + 1)).Select(index => index * step).Where(x => x >= _from && x <= _to);
        return Html.All(GridShares.Select(share => Html.Of(
                $"""<line class="grid" x1="{Left}" x2="{Width - Right}" y1="{Y(share * _capacity)}" y2="{Y(share * _capacity)}"/><text class="tick" x="{Left - 6}" y="{Y(share * _capacity) + 4}" text-anchor="end">{Sizes.Text((long)(share * _capacity))}</text>"""))
            .Concat(labels.Select(x => Html.Of(
                $"""<text class="tick" x="{Px(x)}" y="{Height - 7}" text-anchor="{Anchor(Px(x))}">{(x == 0 ? "today" : today.AddDays(x).ToString(days > 300 ? "MMM yy" : "d MMM", CultureInfo.InvariantCulture))}</text>"""))));
    }

    /// <summary>Below its day, unless that would cut the text off at the right edge.</summary>
    static string Anchor(double x) => x > Width - HalfLabel ? "end" : "middle";

    Html Mark(string name, double freePercent)
    {
        var y = Y(_capacity * (1 - (freePercent / 100)));
        return Html.Of($"""<line class="mark {name}" x1="{Left}" x2="{Width - Right}" y1="{y}" y2="{y}"/>""");
    }

    Html CapacityLine()
    {
        // The size at each day, for a datastore may have been enlarged, and on to the right edge.
        var points = _days.Select(day => (X: X(day.Day), Y: (double)day.CapacityBytes)).Append((X: 0d, Y: _capacity)).Append((X: _to, Y: _capacity)).ToArray();
        var path = Move(points[0].X, points[0].Y) + string.Concat(points.Zip(points.Skip(1), (one, next) =>
            one.Y == next.Y ? "" : Line(next.X, one.Y) + Line(next.X, next.Y))) + Line(_to, _capacity);
        return Html.Of($"""<path class="capacity" d="{path}"/>""");
    }

    Html Past()
    {
        if (_days.Count == 0)
        {
            return Html.Nothing;
        }

        var points = _days.Select(day => (X: X(day.Day), Y: (double)(day.CapacityBytes - day.FreeBytes))).ToArray();
        var line = Move(points[0].X, points[0].Y) + string.Concat(points.Skip(1).Select(point => Line(point.X, point.Y)));
        return points.Length == 1
            ? Html.Of($"""<circle class="dot" cx="{Px(points[0].X)}" cy="{Y(points[0].Y)}" r="3.5"/>""")
            : Html.Of($"""<path class="area" d="{line}{Line(points[^1].X, 0)}{Line(points[0].X, 0)}Z"/><path class="used" d="{line}"/>""");
    }

    Html Band()
    {
        if (_forecast.BytesPerDayLow is not { } low || _forecast.BytesPerDayHigh is not { } high)
        {
            return Html.Nothing;
        }

        var filling = _forecast.Verdict == FillVerdict.Filling;
        var fast = filling ? Until(_forecast.Earliest!.Value) : high;
        var slow = filling && _forecast.Latest is { } latest ? Until(latest) : low;
        var middle = filling ? Until(_forecast.FullAt!.Value) : _forecast.BytesPerDay!.Value;
        var (up, down) = (Ray(fast), Ray(slow));
        return Html.Of(
            $"""<path class="band{(filling ? "" : " calm")}" d="{Move(0, _used)}{Steps(up)}{Steps(down.Reverse())}Z"/><path class="trend" d="{Move(0, _used)}{Steps(Ray(middle))}"/>""");

        double Until(DateTimeOffset full) => (_capacity - _used) / Math.Max((full - _now).TotalDays, 0.5);
        static string Steps(IEnumerable<(double X, double Y)> points) => string.Concat(points.Select(LineTo));
    }

    /// <summary>A line from now on, which ends at the right edge or goes on along the capacity or the floor.</summary>
    (double X, double Y)[] Ray(double perDay)
    {
        var bound = perDay >= 0 ? _capacity : 0;
        var days = perDay == 0 ? double.PositiveInfinity : (bound - _used) / perDay;
        return days >= _to ? [Place(_to, _used + (perDay * _to))] : [Place(days, bound), Place(_to, bound)];
    }

    Html Today() => Html.Of($"""<line class="today" x1="{Px(0)}" x2="{Px(0)}" y1="{Top}" y2="{Height - Bottom}"/>""");

    double X(DateOnly day) => (day.ToDateTime(new TimeOnly(12, 0)) - _now.UtcDateTime).TotalDays is var days && days > 0 ? 0 : days;

    double Px(double x) => Math.Round(Left + ((x - _from) / (_to - _from) * (Width - Left - Right)), 1);

    double Y(double bytes) => Math.Round(Height - Bottom - (bytes / _top * (Height - Top - Bottom)), 1);

    (double X, double Y) Place(double x, double bytes) => (Px(x), Y(bytes));

    string Move(double x, double bytes) => string.Create(CultureInfo.InvariantCulture, $"M{Px(x):0.#} {Y(bytes):0.#}");

    string Line(double x, double bytes) => LineTo(Place(x, bytes));

    static string LineTo((double X, double Y) place) => string.Create(CultureInfo.InvariantCulture, $"L{place.X:0.#} {place.Y:0.#}");
}
