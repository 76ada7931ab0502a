namespace VmProxy.GuestFiles.Tests;

sealed class GuestTimeTests
{
    [TestCase(0L, "1601-01-01T00:00:00.000000000Z")]
    [TestCase(116_444_736_000_000_000L, "1970-01-01T00:00:00.000000000Z")]
    [TestCase(116_444_735_999_999_999L, "1969-12-31T23:59:59.999999900Z")]
    [TestCase(134_085_456_000_000_001L, "2025-11-25T12:00:00.000000100Z")]
    public void Windows_counts_from_1601(long ticks, string text) => Assert.That(GuestTime.FromNtTime(ticks).ToString(), Is.EqualTo(text));

    [Test]
    public void Moments_beyond_any_calendar_are_cut_and_do_not_throw()
    {
        Assert.That(new GuestTime(long.MinValue, 0).ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.MinValue));
        Assert.That(new GuestTime(long.MaxValue, 999_999_999).ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.MaxValue));
        Assert.That(() => GuestTime.FromNtTime(long.MinValue).ToString(), Throws.Nothing);
    }
}
