using System.Diagnostics;
using VmProxy.Blocks;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Mutating;

/// <summary>
/// Flips bits, overwrites numbers and swaps blocks of an image where its metadata lies, and runs a reader on each result, for five seconds from a seed. What fails
/// names its round, so that it can be run again alone.
/// </summary>
static class Mutation
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    static readonly ulong[] Interesting = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, long.MaxValue, ulong.MaxValue];

    /// <summary>Runs the exercise on mutations of an image.</summary>
    /// <param name="image">A sound image.</param>
    /// <param name="metadata">Where its metadata lies: most mutations go there.</param>
    /// <param name="exercise">Uses the reader; throws for a defect only.</param>
    /// <param name="only">One round to run alone, or null.</param>
    /// <param name="repair">Makes a mutated image credible again, such as its checksums, so that the parsers behind them are reached; run on every second round.</param>
    public static async Task RunAsync(
        byte[] image, IReadOnlyList<(int Offset, int Length)> metadata, Func<IBlockDevice, CancellationToken, Task> exercise, int? only = null, Action<byte[]>? repair = null)
    {
        var watch = Stopwatch.StartNew();
        var mutant = new byte[image.Length];
        for (var round = only ?? 0; only is null ? watch.Elapsed < Duration : round == only; round++)
        {
            image.CopyTo(mutant, 0);
            var random = new Random(round);
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                Change(mutant, metadata, random);
            }

            if (round % 2 == 1)
            {
                repair?.Invoke(mutant);
            }

            using var patience = new CancellationTokenSource(Patience);
            var before = GC.GetTotalAllocatedBytes();
            try
            {
                await exercise(new MemoryBlockDevice(mutant), patience.Token).WaitAsync(Patience * 2);
            }
            catch (Exception exception)
            {
                throw new AssertionException($"Round {round}: {exception.GetType().Name}: {exception.Message}\n{exception.StackTrace}");
            }

            Assert.That(GC.GetTotalMemory(false), Is.LessThan(1L << 30), $"round {round} holds too much memory");
            Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(4L << 30), $"round {round} allocated too much");
        }
    }

    static void Change(byte[] mutant, IReadOnlyList<(int Offset, int Length)> metadata, Random random)
    {
        var (offset, length) = random.Next(10) == 0 ? (0, mutant.Length) : metadata[random.Next(metadata.Count)];
        var at = offset + random.Next(length);
        switch (random.Next(4))
        {
            case 0:
                mutant[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                mutant[at] = (byte)random.Next(256);
                break;
            case 2:
                var width = 1 << random.Next(4);
                at = Math.Min(at / width * width, mutant.Length - width);
                BitConverter.GetBytes(Interesting[random.Next(Interesting.Length)]).AsSpan(0, width).CopyTo(mutant.AsSpan(at));
                break;
            default:
                var size = Math.Min(1 << random.Next(2, 10), mutant.Length / 4);
                var from = offset + random.Next(length);
                from = Math.Min(from, mutant.Length - size);
                at = Math.Min(at, mutant.Length - size);
                mutant.AsSpan(from, size).CopyTo(mutant.AsSpan(at));
                break;
        }
    }
}
