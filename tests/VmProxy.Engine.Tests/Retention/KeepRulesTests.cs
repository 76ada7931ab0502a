using VmProxy.Engine.Configuration;
using VmProxy.Engine.Retention;

namespace VmProxy.Engine.Tests.Retention;

sealed class KeepRulesTests
{
    static readonly DateTimeOffset Start = new(2026, 1, 1, 23, 0, 0, TimeSpan.Zero);

    [Test]
    public void Without_a_policy_everything_stays()
    {
        Assert.That(KeepRules.Decide(Nights(400), null, TimeZoneInfo.Utc), Has.All.Property("IsKept").True);
    }

    [Test]
    public void The_rules_add_up()
    {
        var policy = new KeepSettings { Last = 2, Daily = 7, Weekly = 4, Monthly = 3, Yearly = 2 };
        var kept = KeepRules.Decide(Nights(500), policy, TimeZoneInfo.Utc).Where(verdict => verdict.IsKept).ToDictionary(verdict => verdict.Point.Time, verdict => verdict.Reasons);

        // Nights 1 January 2026 to 15 May 2027 (a Saturday).
        var expected = new Dictionary<DateTimeOffset, string[]>
        {
            [Night(2027, 5, 15)] = ["last", "daily", "weekly", "monthly", "yearly", "newest good"],
            [Night(2027, 5, 14)] = ["last", "daily"],
            [Night(2027, 5, 13)] = ["daily"],
            [Night(2027, 5, 12)] = ["daily"],
            [Night(2027, 5, 11)] = ["daily"],
            [Night(2027, 5, 10)] = ["daily"],
            [Night(2027, 5, 9)] = ["daily", "weekly"],
            [Night(2027, 5, 2)] = ["weekly"],
            [Night(2027, 4, 30)] = ["monthly"],
            [Night(2027, 4, 25)] = ["weekly"],
            [Night(2027, 3, 31)] = ["monthly"],
            [Night(2026, 12, 31)] = ["yearly"],
        };
        Assert.That(kept.Keys, Is.EquivalentTo(expected.Keys));
        foreach (var (time, reasons) in expected)
        {
            Assert.That(kept[time], Is.EqualTo(reasons), time.ToString());
        }
    }

    [Test]
    public void Days_without_a_point_do_not_count()
    {
        KeepCandidate[] points = [Good("a", Night(2026, 1, 1)), Good("b", Night(2026, 6, 1)), Good("c", Night(2026, 6, 2))];
        Assert.That(Kept(points, new KeepSettings { Daily = 3 }), Is.EqualTo(new[] { "c", "b", "a" }));
        Assert.That(Kept(points, new KeepSettings { Daily = 2 }), Is.EqualTo(new[] { "c", "b" }));
    }

    [Test]
    public void Of_each_hour_the_newest_stays()
    {
        var points = Enumerable.Range(0, 12).Select(quarter => Good($"{quarter:00}", Start.AddMinutes(15 * quarter)));
        Assert.That(Kept(points, new KeepSettings { Hourly = 2 }), Is.EqualTo(new[] { "11", "07" }));
    }

    [Test]
    public void The_proxys_calendar_decides_what_a_day_is()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(2), "east", "east");
        KeepCandidate[] points = [Good("a", new(2026, 3, 1, 21, 0, 0, TimeSpan.Zero)), Good("b", new(2026, 3, 1, 23, 0, 0, TimeSpan.Zero))];
        Assert.That(KeepRules.Decide(points, new KeepSettings { Daily = 2 }, zone), Has.All.Property("IsKept").True);
        Assert.That(Kept(points, new KeepSettings { Daily = 2 }), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void The_newest_good_point_always_stays()
    {
        KeepCandidate[] points = [Good("a", Night(2026, 1, 1)), Good("b", Night(2026, 1, 2)), Good("c", Night(2026, 1, 3)) with { IsGood = false }];
        Assert.That(Kept(points, new KeepSettings { Last = 1 }), Is.EqualTo(new[] { "c", "b" }));
        Assert.That(Kept(points, new KeepSettings()), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void A_held_point_stays()
    {
        KeepCandidate[] points = [Good("a", Night(2026, 1, 1)) with { IsHeld = true }, Good("b", Night(2026, 1, 2)), Good("c", Night(2026, 1, 3))];
        Assert.That(Kept(points, new KeepSettings { Last = 1 }), Is.EqualTo(new[] { "c", "a" }));
    }

    [Test]
    public void More_rules_never_keep_less([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var points = Enumerable.Range(0, random.Next(1, 60)).Select(number => new KeepCandidate(
                $"{number:00}", Start.AddMinutes(random.Next(0, 3_000_000)), random.Next(8) == 0, random.Next(4) != 0)).ToList();
            int[] counts = [.. Enumerable.Range(0, 6).Select(_ => random.Next(0, 5))];
            var less = Policy(counts);
            counts[random.Next(6)]++;
            var kept = Kept(points, less).ToList();
            Assert.That(kept, Is.SubsetOf(Kept(points, Policy(counts))));
            Assert.That(kept, Is.SupersetOf(points.Where(point => point.IsHeld).Select(point => point.Id)));
            Assert.That(kept, Is.SupersetOf(points.Where(point => point.IsGood).OrderBy(point => point.Time).Select(point => point.Id).TakeLast(1)));
            Assert.That(kept, Has.Count.GreaterThanOrEqualTo(Math.Min(points.Count, less.Last)));
        }
    }

    static KeepSettings Policy(int[] counts) =>
        new() { Last = counts[0], Hourly = counts[1], Daily = counts[2], Weekly = counts[3], Monthly = counts[4], Yearly = counts[5] };

    static IEnumerable<string> Kept(IEnumerable<KeepCandidate> points, KeepSettings policy) =>
        KeepRules.Decide(points, policy, TimeZoneInfo.Utc).Where(verdict => verdict.IsKept).Select(verdict => verdict.Point.Id);

    static IEnumerable<KeepCandidate> Nights(int count) => Enumerable.Range(0, count).Select(night => Good($"p{night:000}", Start.AddDays(night)));

    static KeepCandidate Good(string id, DateTimeOffset time) => new(id, time, IsHeld: false, IsGood: true);

    static DateTimeOffset Night(int year, int month, int day) => new(year, month, day, 23, 0, 0, TimeSpan.Zero);
}
