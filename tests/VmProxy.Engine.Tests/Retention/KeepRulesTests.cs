using VmProxy.Engine.Configuration;
using VmProxy.Engine.Retention;

namespace VmProxy.Engine.Tests.Retention;

sealed class KeepRulesTests
{
    static readonly DateTimeOffset Later = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Start = new(2026, 1, 1, 23, 0, 0, TimeSpan.Zero);

    [Test]
    public void Without_a_policy_everything_stays()
    {
        Assert.That(KeepRules.Decide(Nights(400), null, TimeZoneInfo.Utc, Later), Has.All.Property("IsKept").True);
    }

    [Test]
    public void The_rules_add_up()
    {
        var policy = new KeepSettings { Last = 2, Daily = 7, Weekly = 4, Monthly = 3, Yearly = 2 };
        var kept = KeepRules.Decide(Nights(500), policy, TimeZoneInfo.Utc, Later).Where(verdict => verdict.IsKept).ToDictionary(verdict => verdict.Point.Time, verdict => verdict.Reasons);

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
        Assert.That(KeepRules.Decide(points, new KeepSettings { Daily = 2 }, zone, Later), Has.All.Property("IsKept").True);
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
    public void A_point_of_a_clock_that_was_ahead_stays_and_counts_for_nothing()
    {
        KeepCandidate[] points = [Good("a", Night(2026, 1, 1)), Good("b", Night(2026, 1, 2)), Good("c", Night(2026, 1, 3)), Good("wrong", Night(2036, 1, 1))];
        var verdicts = KeepRules.Decide(points, new KeepSettings { Last = 2 }, TimeZoneInfo.Utc, Night(2026, 1, 3));
        Assert.That(verdicts.Where(verdict => verdict.IsKept).Select(verdict => verdict.Point.Id), Is.EqualTo(new[] { "wrong", "c", "b" }));
        Assert.That(verdicts[0].Reasons, Is.EqualTo(new[] { KeepRules.Ahead }));
        Assert.That(verdicts[1].Reasons, Does.Contain(KeepRules.NewestGood));
        Assert.That(KeepRules.Decide(points, new KeepSettings { Last = 1 }, TimeZoneInfo.Utc, Night(2020, 1, 1)), Has.All.Property("IsKept").True, "a clock that is behind");
        Assert.That(
            KeepRules.Decide(points[..3], new KeepSettings { Last = 1 }, TimeZoneInfo.Utc, Night(2026, 1, 3).AddMinutes(-50)).Where(verdict => verdict.IsKept).Select(verdict => verdict.Point.Id),
            Is.EqualTo(new[] { "c" }), "another proxy's clock is a little ahead");
    }

    [Test]
    public void A_damaged_point_takes_no_place_of_a_good_one()
    {
        KeepCandidate[] points =
        [
            Good("a", Night(2026, 1, 1)), Good("b", Night(2026, 1, 2).AddHours(-3)), Good("c", Night(2026, 1, 2)) with { IsGood = false },
            Good("d", Night(2026, 1, 3)) with { IsGood = false }, Good("e", Night(2026, 1, 4)),
        ];
        Assert.That(Kept(points, new KeepSettings { Daily = 3 }), Is.EqualTo(new[] { "e", "d", "c", "b" }), "of a day also the newest good one");
        Assert.That(Kept(points, new KeepSettings { Last = 2 }), Is.EqualTo(new[] { "e", "d", "c", "b" }), "two good ones");
    }

    [Test]
    public void A_job_that_was_renamed_loses_no_point_to_the_rules_of_the_repository()
    {
        var repository = new RepositorySettings { Name = "main", Path = "/r", Keep = new KeepSettings { Last = 3, Daily = 2 } };
        var settings = new ProxySettings
        {
            Repositories = [repository],
            Jobs = [Job("renamed", new KeepSettings { Daily = 30, Yearly = 5 }), Job("plain", null)],
        };
        Assert.That(RetentionPlanner.PolicyOf(settings, "RENAMED", repository), Is.SameAs(settings.Jobs[0].Keep));
        Assert.That(RetentionPlanner.PolicyOf(settings, "plain", repository), Is.SameAs(repository.Keep));
        Assert.That(RetentionPlanner.PolicyOf(settings, "", repository), Is.SameAs(repository.Keep), "of no job");
        var unknown = RetentionPlanner.PolicyOf(settings, "before", repository)!;
        Assert.That((unknown.Last, unknown.Hourly, unknown.Daily, unknown.Weekly, unknown.Monthly, unknown.Yearly), Is.EqualTo((3, 0, 30, 0, 0, 5)));
        Assert.That(RetentionPlanner.PolicyOf(settings, "before", new RepositorySettings { Name = "main", Path = "/r" }), Is.Null, "nothing goes by itself");

        static JobSettings Job(string name, KeepSettings? keep) => new() { Name = name, Vms = ["*"], Keep = keep };
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
        KeepRules.Decide(points, policy, TimeZoneInfo.Utc, Later).Where(verdict => verdict.IsKept).Select(verdict => verdict.Point.Id);

    static IEnumerable<KeepCandidate> Nights(int count) => Enumerable.Range(0, count).Select(night => Good($"p{night:000}", Start.AddDays(night)));

    static KeepCandidate Good(string id, DateTimeOffset time) => new(id, time, IsHeld: false, IsGood: true);

    static DateTimeOffset Night(int year, int month, int day) => new(year, month, day, 23, 0, 0, TimeSpan.Zero);
}
