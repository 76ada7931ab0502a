using CsCheck;
using VmProxy.Engine.Backup.Trust;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>What a spot check catches: as often as its settings promise, and never by looking where the backup reads anyway.</summary>
sealed class SpotSampleTests
{
    const int Chunk = 65536;

    [Test]
    public void Draws_different_whole_chunks_outside_the_areas_and_all_of_them_when_there_are_few()
    {
        var area = Gen.Select(Gen.Long[0, 3_000_000], Gen.Long[1, 400_000], (offset, length) => new ByteRange(offset, length));
        Gen.Select(Gen.Long[1, 3_000_000], area.Array[0, 8], Gen.Int[1, 60], Gen.Int[0, 1000]).Sample((length, areas, count, seed) =>
        {
            var inside = ByteRange.Normalize(areas, length);
            var free = Enumerable.Range(0, (int)((length + Chunk - 1) / Chunk)).Select(index => (long)index * Chunk)
                .Where(offset => !inside.Any(one => one.Offset < offset + Chunk && one.End > offset)).ToArray();
            var drawn = SpotSample.Pick(length, Chunk, inside, count, new Random(seed));
            Assert.That(drawn, Is.SubsetOf(free).And.Unique.And.Ordered);
            Assert.That(drawn, Has.Length.EqualTo(Math.Min(count, free.Length)));
        });
    }

    [Test]
    public void Draws_each_chunk_as_often_as_any_other()
    {
        const int Trials = 20_000;
        const int Count = 5;
        var hits = new int[100];
        for (var seed = 0; seed < Trials; seed++)
        {
            foreach (var offset in SpotSample.Pick(100L * Chunk, Chunk, [new ByteRange(20 * Chunk, 10 * Chunk), new ByteRange(70 * Chunk, 1)], Count, new Random(seed)))
            {
                hits[offset / Chunk]++;
            }
        }

        var expected = Trials * Count / 89.0;
        var spread = Math.Sqrt(expected);
        Assert.That(hits.Where((_, index) => index is (>= 20 and < 30) or 70), Is.All.Zero);
        Assert.That(hits.Where((_, index) => index is not ((>= 20 and < 30) or 70)), Is.All.InRange(expected - (5 * spread), expected + (5 * spread)));
    }

    // A server that leaves out a share f of what it does not name is caught by n blocks with 1 - (1 - f)^n, or a little more often, for no block is drawn twice.
    [TestCase(4096, 41, 16)]
    [TestCase(4096, 41, 64)]
    [TestCase(4096, 41, 256)]
    [TestCase(4096, 1, 256)]
    [TestCase(65536, 655, 256)]
    public void Catches_a_lying_server_at_the_promised_rate(int chunks, int leftOut, int blocks)
    {
        const int Trials = 4000;
        var lies = new Random(7);
        var caught = Enumerable.Range(0, Trials).Count(seed =>
        {
            var missing = new HashSet<long>();
            while (missing.Count < leftOut)
            {
                missing.Add(lies.Next(chunks) * (long)Chunk);
            }

            return SpotSample.Pick((long)chunks * Chunk, Chunk, [], blocks, new Random(seed)).Any(missing.Contains);
        });

        var missed = Enumerable.Range(0, blocks).Aggregate(1.0, (product, drawn) => product * (chunks - leftOut - drawn) / (chunks - drawn));
        var (promised, expected) = (1 - Math.Pow(1 - ((double)leftOut / chunks), blocks), 1 - missed);
        var spread = 4 * Math.Sqrt(expected * missed / Trials);
        TestContext.Out.WriteLine($"{leftOut} of {chunks} left out, {blocks} blocks: promised {promised:P1}, expected {expected:P1}, caught {(double)caught / Trials:P1}");
        Assert.That(expected, Is.GreaterThanOrEqualTo(promised - 1e-12));
        Assert.That((double)caught / Trials, Is.InRange(expected - spread, expected + spread));
    }
}
