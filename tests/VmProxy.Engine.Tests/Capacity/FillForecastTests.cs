using CsCheck;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Capacity.Forecasting;
using static VmProxy.Engine.Tests.Capacity.Histories;

namespace VmProxy.Engine.Tests.Capacity;

/// <summary>Forecasts on histories of which the right verdict is known.</summary>
sealed class FillForecastTests
{
    [Test]
    public void Linear_growth_has_its_date()
    {
        var forecast = Forecast(60, day => 300 + (2 * day));
        Assert.That(forecast.Verdict, Is.EqualTo(FillVerdict.Filling));
        Assert.That(Until(forecast.FullAt), Is.EqualTo((1000 - 418) / 2.0).Within(0.5));
        Assert.That((Until(forecast.Earliest), Until(forecast.Latest)), Is.EqualTo((291.0, 291.0)).Within(0.5));
        Assert.That((double)forecast.BytesPerDay! / Gib, Is.EqualTo(2).Within(0.001));
    }

    [Test]
    public void Noise_makes_it_uncertain_and_the_truth_lies_within()
    {
        var noise = Noise(15, seed: 1);
        var forecast = Forecast(60, day => 300 + (2 * day) + noise(day));
        Assert.That(forecast.Verdict, Is.EqualTo(FillVerdict.Filling));
        Assert.That(Until(forecast.Earliest), Is.InRange(200, 285));
        Assert.That(Until(forecast.Latest), Is.InRange(295, 400));
        Assert.That(Until(forecast.FullAt), Is.EqualTo(291).Within(25));
    }

    [TestCase(14, 40, 84)]
    [TestCase(7, 20, 60)]
    public void Steps_that_come_again_are_growth(int every, double gib, int days)
    {
        var forecast = Forecast(days, day => 200 + (gib * (day / every)));
        Assert.That(forecast.Verdict, Is.EqualTo(FillVerdict.Filling));
        var rest = 800 - (gib * ((days - 1) / every));
        Assert.That(Until(forecast.FullAt), Is.EqualTo(rest / (gib / every)).Within(every * 2));
    }

    [TestCase(300, TestName = "One large VM that was added is no trend")]
    [TestCase(-150, TestName = "One large VM that was deleted is no trend")]
    public void One_step_is_no_trend(double gib)
    {
        var forecast = Forecast(60, day => 300 + (day < 30 ? 0 : gib));
        Assert.That(forecast.Verdict, Is.EqualTo(FillVerdict.NotFilling));
        Assert.That(forecast.Steps, Is.EqualTo(new[] { new UsageStep(Today.AddDays(-29), (long)(gib * Gib)) }));
    }

    [TestCase(200, 191)]
    [TestCase(-200, 391)]
    public void A_step_within_growth_moves_the_date_and_not_the_trend(double gib, double until)
    {
        var forecast = Forecast(60, day => 300 + (2 * day) + (day > 50 ? gib : 0));
        Assert.That(forecast.Verdict, Is.EqualTo(FillVerdict.Filling));
        Assert.That(Until(forecast.FullAt), Is.EqualTo(until).Within(1));
    }

    [TestCase(5)]
    [TestCase(7)]
    [TestCase(10)]
    [TestCase(14)]
    [TestCase(20)]
    public void What_is_deleted_as_fast_as_it_grows_does_not_fill(int every) =>
        Assert.That(Forecast(60, day => 500 + (10 * (day % every))).Verdict, Is.EqualTo(FillVerdict.NotFilling));

    [TestCase(5)]
    [TestCase(7)]
    [TestCase(10)]
    public void A_sawtooth_that_climbs_is_full_when_its_peak_is(int every)
    {
        var forecast = Forecast(60, day => 300 + (10 * (day % every)) + (1.5 * day));
        Assert.That(forecast.Verdict, Is.EqualTo(FillVerdict.Filling));

        // The first day on which a tooth reaches the top, if it goes on like that.
        var truth = Enumerable.Range(60, 2000).First(day => 300 + (10 * (day % every)) + (1.5 * day) >= 1000) - 59;
        Assert.That(truth, Is.InRange(Until(forecast.Earliest) - every, Until(forecast.Latest) + every));
    }

    [Test]
    public void Flat_is_not_filling() => Assert.That(Forecast(60, _ => 600) is { Verdict: FillVerdict.NotFilling, BytesPerDay: 0, FullAt: null });

    [Test]
    public void Noise_alone_is_not_filling_but_once_in_a_while()
    {
        var alarms = Enumerable.Range(0, 200).Count(seed =>
        {
            var noise = Noise(20, seed);
            return Forecast(60, day => 500 + noise(day)).Verdict == FillVerdict.Filling;
        });
        Assert.That(alarms, Is.LessThan(20), "of 200; 5 % are to be expected of 90 % confidence on both sides");
    }

    [Test]
    public void Full_already() => Assert.That(Forecast(60, day => 941 + day - 0.1).Verdict, Is.EqualTo(FillVerdict.Full));

    [Test]
    public void Full_needs_no_history() => Assert.That(FillForecaster.Forecast([], Whole, 0, Now).Verdict, Is.EqualTo(FillVerdict.Full));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(6)]
    public void Too_few_days_say_nothing(int count) => Assert.That(
        FillForecaster.Forecast(Days(count, day => 100 + (50 * day)), Whole, Whole / 2, Now), Is.EqualTo(new FillForecast { Verdict = FillVerdict.TooFewSamples, Days = count })
            .Using<FillForecast>((one, other) => (one.Verdict, one.Days, one.BytesPerDay) == (other.Verdict, other.Days, other.BytesPerDay)));

    [Test]
    public void Growth_that_takes_longer_than_anybody_plans_is_none() =>
        Assert.That(Forecast(60, day => 100 + (0.1 * day)) is { Verdict: FillVerdict.NotFilling, BytesPerDay: > 0 });

    [Test]
    public void Old_days_do_not_count() =>
        Assert.That(Forecast(365, day => day < 275 ? day * 3 : 825).Verdict, Is.EqualTo(FillVerdict.NotFilling));

    [Test]
    public void Enlarging_a_datastore_is_no_step()
    {
        var days = Days(60, day => 300 + (2 * day)).Select((day, index) => index < 30 ? day : day with { CapacityBytes = 2 * Whole, FreeBytes = day.FreeBytes + Whole }).ToArray();
        var forecast = Forecast(days);
        Assert.That((forecast.Verdict, forecast.Steps.Count), Is.EqualTo((FillVerdict.Filling, 0)));
        Assert.That(Until(forecast.FullAt), Is.EqualTo((2000 - 418) / 2.0).Within(0.5));
    }

    [Test]
    public void Days_without_samples_do_not_matter()
    {
        var days = Days(60, day => 300 + (2 * day)).Where((_, index) => index % 7 is not (2 or 3)).ToArray();
        Assert.That(Until(Forecast(days).FullAt), Is.EqualTo(291).Within(2));
    }

    [Test]
    public void The_dates_are_in_order_and_in_the_future_whatever_the_history() =>
        Gen.Double[0, 999].Array[7, 100].Sample(used =>
        {
            var forecast = Forecast(used.Length, day => used[day]);
            return forecast.Verdict != FillVerdict.Filling
                || (Now <= forecast.Earliest && forecast.Earliest <= forecast.FullAt && forecast.FullAt <= (forecast.Latest ?? DateTimeOffset.MaxValue)
                    && forecast.BytesPerDayLow > 0 && forecast.BytesPerDayLow <= forecast.BytesPerDay && forecast.BytesPerDay <= forecast.BytesPerDayHigh);
        }, iter: 2000);

    [Test]
    public void Growth_with_little_noise_is_found_with_its_truth_inside_the_bounds() =>
        Gen.Select(Gen.Double[1, 8], Gen.Double[10, 300], Gen.Int[20, 90], Gen.Int[1, 1000]).Sample((perDay, start, count, seed) =>
        {
            var noise = Noise(perDay, seed);
            var used = (int day) => start + (perDay * day) + noise(day);
            if (used(count - 1) > 990)
            {
                return true;
            }

            var forecast = Forecast(count, used);
            var truth = (1000 - start - (perDay * (count - 1))) / perDay;
            return forecast.Verdict == FillVerdict.Filling && Math.Abs(Until(forecast.FullAt) - truth) <= Math.Max(10, 0.3 * truth);
        }, iter: 500);

    [Test]
    public void A_larger_unit_changes_no_date() =>
        Gen.Double[0, 900].Array[10, 60].Sample(used =>
        {
            var small = Forecast(used.Length, day => used[day]);
            var days = Days(used.Length, day => used[day]).Select(day => day with { CapacityBytes = day.CapacityBytes * 4, FreeBytes = day.FreeBytes * 4 }).ToArray();
            var large = Forecast(days);
            return small.Verdict == large.Verdict && (small.FullAt is null || Math.Abs((small.FullAt.Value - large.FullAt!.Value).TotalHours) < 1);
        }, iter: 500);
}
