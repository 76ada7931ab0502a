using CsCheck;

namespace VmProxy.Vsphere.Tests.ChangeTracking;

public sealed class ByteRangeTests
{
    [Test]
    public void Areas_are_sorted_joined_and_cut_to_the_disk()
    {
        var areas = ByteRange.Normalize(
            [new(100, 50), new(0, 10), new(10, 5), new(140, 20), new(990, 100), new(2000, 5), new(-5, 6)], 1000);
        Assert.That(areas, Is.EqualTo(new ByteRange[] { new(0, 15), new(100, 60), new(990, 10) }));
    }

    [Test]
    public void A_length_that_would_overflow_ends_at_the_end_of_the_disk()
        => Assert.That(ByteRange.Normalize([new(10, long.MaxValue)], 1000), Is.EqualTo(new ByteRange[] { new(10, 990) }));

    [Test]
    public void Every_byte_of_every_area_stays_covered_and_no_other_is()
    {
        const int Capacity = 200;
        var range = Gen.Select(Gen.Int[-20, 260], Gen.Int[-5, 80], (offset, length) => new ByteRange(offset, length));
        range.Array[0, 12].Sample(ranges =>
        {
            var areas = ByteRange.Normalize(ranges, Capacity);
            for (int i = 0; i < Capacity; i++)
            {
                bool wanted = ranges.Any(r => r.Length > 0 && r.Offset <= i && i < r.End);
                Assert.That(areas.Count(area => area.Offset <= i && i < area.End), Is.EqualTo(wanted ? 1 : 0), $"byte {i}");
            }

            Assert.That(areas.Zip(areas.Skip(1)).All(pair => pair.First.End < pair.Second.Offset), "areas are apart");
        });
    }
}
