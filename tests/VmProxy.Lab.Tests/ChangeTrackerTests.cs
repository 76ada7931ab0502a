using CsCheck;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Tests;

public sealed class ChangeTrackerTests
{
    const long Size = (300L << 20) + 512;

    [Test]
    public void Between_two_snapshots_exactly_the_written_blocks_are_named()
    {
        var write = Gen.Select(Gen.Long[0, Size - 1], Gen.Long[1, 400_000]);
        write.Array[0, 20].Array[1, 6].Sample(
            rounds =>
            {
                var tracker = new ChangeTracker(Size, unreliable: false);
                List<FrozenChanges> snapshots = [tracker.Freeze()];
                List<HashSet<long>> written = [[]];
                foreach (var round in rounds)
                {
                    HashSet<long> blocks = [];
                    foreach (var (offset, length) in round)
                    {
                        var count = Math.Min(length, Size - offset);
                        tracker.Mark(offset, count);
                        for (var block = offset / ChangeTracker.BlockSize; block <= (offset + count - 1) / ChangeTracker.BlockSize; block++)
                        {
                            blocks.Add(block);
                        }
                    }

                    snapshots.Add(tracker.Freeze());
                    written.Add(blocks);
                }

                for (var from = 0; from < snapshots.Count; from++)
                {
                    for (var to = from; to < snapshots.Count; to++)
                    {
                        var answer = snapshots[to].Since(snapshots[from].ChangeId, 0);
                        var expected = written.Skip(from + 1).Take(to - from).SelectMany(blocks => blocks).Distinct().Order();
                        if (answer.Kind != ChangeAnswerKind.Areas || !Blocks(answer.Areas).SequenceEqual(expected))
                        {
                            throw new InvalidOperationException($"Wrong areas from snapshot {from} to {to}.");
                        }
                    }
                }
            },
            iter: 100,
            threads: 1);
    }

    [Test]
    public void Another_epoch_a_later_number_and_nonsense_are_no_change_ids()
    {
        var tracker = new ChangeTracker(Size, unreliable: false);
        var first = tracker.Freeze();
        var later = tracker.Freeze();
        var other = new ChangeTracker(Size, unreliable: false).Freeze();

        Assert.That(first.Since(other.ChangeId, 0).Kind, Is.EqualTo(ChangeAnswerKind.ForeignEpoch));
        Assert.That(first.Since(later.ChangeId, 0).Kind, Is.EqualTo(ChangeAnswerKind.Malformed));
        Assert.That(first.Since("nonsense", 0).Kind, Is.EqualTo(ChangeAnswerKind.Malformed));
    }

    [Test]
    public void Tracking_switched_on_under_snapshots_misses_writes()
    {
        var tracker = new ChangeTracker(Size, unreliable: true);
        var start = tracker.Freeze();
        tracker.Mark(0, 4 * ChangeTracker.BlockSize);
        Assert.That(Blocks(tracker.Freeze().Since(start.ChangeId, 0).Areas), Is.EqualTo(new long[] { 0, 2 }));
    }

    [Test]
    public void A_terabyte_costs_what_was_written()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var tracker = new ChangeTracker(1L << 40, unreliable: false);
        tracker.Mark(1L << 39, 1);
        Assert.That(tracker.Freeze().Stamps.Newer(0).Count(), Is.EqualTo(1));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    static IEnumerable<long> Blocks(IEnumerable<ByteRange> areas) =>
        areas.SelectMany(area => Enumerable
            .Range(0, (int)((area.Length + ChangeTracker.BlockSize - 1) / ChangeTracker.BlockSize))
            .Select(index => (area.Start / ChangeTracker.BlockSize) + index));
}
