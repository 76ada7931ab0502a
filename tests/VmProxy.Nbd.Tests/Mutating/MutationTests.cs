using System.Diagnostics;
using VmProxy.Nbd.Protocol;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests.Mutating;

sealed class MutationTests
{
    const long MaxMemory = 500L * 1024 * 1024;

    static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    static readonly ulong[] Interesting = [0, 1, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, long.MaxValue, ulong.MaxValue];

    /// <summary>Everything that a client can say, in order.</summary>
    static byte[] Sound()
    {
        var allocation = RawClient.Numbers(0U, 1U, (uint)MetaContextQuery.Allocation.Length, MetaContextQuery.Allocation);
        return RawClient.Numbers(
            3U,
            RawClient.Option((uint)OptionKind.List),
            RawClient.Option(5),
            RawClient.Option((uint)OptionKind.StructuredReply),
            RawClient.Option((uint)OptionKind.ListMetaContext, RawClient.Numbers(1U, "b", 1U, 5U, "base:")),
            RawClient.Option((uint)OptionKind.SetMetaContext, allocation),
            RawClient.Option((uint)OptionKind.Info, RawClient.Numbers(1U, "b", (ushort)3, (ushort)1, (ushort)2, (ushort)3)),
            RawClient.Option((uint)OptionKind.Go, RawClient.Numbers(0U, (ushort)1, (ushort)3)),
            RawClient.Request(RequestKind.Read, 1, 0, 50_000),
            RawClient.Request(RequestKind.Read, 2, 4096, 512, RequestFlags.DontFragment),
            RawClient.Request(RequestKind.BlockStatus, 3, 0, 100_000),
            RawClient.Request(RequestKind.BlockStatus, 4, 0, 100_000, RequestFlags.OneExtent),
            RawClient.Request(RequestKind.Write, 5, 0, 16),
            new byte[16],
            RawClient.Request(RequestKind.Trim, 6, 0, 512),
            RawClient.Request(RequestKind.Flush, 7, 0, 0),
            RawClient.Request(RequestKind.Disconnect, 8, 0, 0));
    }

    [Test]
    public async Task What_a_sound_client_says_is_answered_whole()
    {
        var sent = await Conversation.RunAsync(Sound(), new MemoryBlockDevice(BlockContent.Mixed(100_000)));
        Assert.That(sent, Is.GreaterThan(30_000));
    }

    [Test]
    public async Task Nothing_that_a_client_says_is_too_much()
    {
        var sound = Sound();
        var device = new MemoryBlockDevice(BlockContent.Mixed(100_000));
        var watch = Stopwatch.StartNew();
        var rounds = 0;
        for (; watch.Elapsed < Duration; rounds++)
        {
            var mutant = Mutate(sound, new Random(rounds));
            try
            {
                await Conversation.RunAsync(mutant, device).WaitAsync(Patience);
            }
            catch (Exception exception)
            {
                throw new AssertionException($"Round {rounds}: {exception}");
            }
        }

        Assert.That(rounds, Is.GreaterThan(1000));
        Assert.That(GC.GetTotalMemory(false), Is.LessThan(MaxMemory));
    }

    static byte[] Mutate(byte[] sound, Random random)
    {
        var mutant = sound.ToArray();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(mutant.Length);
            switch (random.Next(4))
            {
                case 0:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    var width = 1 << random.Next(4);
                    at = Math.Min(at, mutant.Length - width);
                    var number = BitConverter.GetBytes(Interesting[random.Next(Interesting.Length)]).AsSpan(0, width);
                    number.Reverse();
                    number.CopyTo(mutant.AsSpan(at));
                    break;
                case 2:
                    var length = random.Next(1, 40);
                    mutant = [.. mutant[..at], .. mutant.AsSpan(random.Next(mutant.Length)).ToArray().Take(length), .. mutant[at..]];
                    break;
                default:
                    mutant = [.. mutant[..at], .. mutant.Skip(at + random.Next(1, 40))];
                    break;
            }
        }

        return mutant;
    }
}
