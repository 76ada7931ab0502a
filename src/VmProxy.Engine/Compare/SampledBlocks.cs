using System.Security.Cryptography;
using VmProxy.Blocks;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Compare;

/// <summary>Random blocks of a disk, and what one transport makes of them.</summary>
sealed class SampledBlocks
{
    const int BlockSize = 64 * 1024;
    const int Most = 256;

    static readonly byte[] Zeros = new byte[BlockSize];

    readonly long[] _offsets;
    readonly long _length;

    SampledBlocks(long[] offsets, long length) => (_offsets, _length) = (offsets, length);

    public int Count => _offsets.Length;

    /// <summary>The first and the last block, and random ones: half of them where the server says that there is data.</summary>
    public static SampledBlocks Of(long length, IReadOnlyList<ByteRange> allocated)
    {
        var blocks = (length + BlockSize - 1) / BlockSize;
        var chosen = new SortedSet<long> { 0, blocks - 1 };
        var data = allocated.Count == 0 ? [new ByteRange(0, length)] : allocated;
        for (var i = 0; i < Most && chosen.Count < Math.Min(blocks, Most); i++)
        {
            var area = data[Random.Shared.Next(data.Count)];
            chosen.Add(i % 2 == 0 ? Random.Shared.NextInt64(blocks) : (area.Offset + Random.Shared.NextInt64(area.Length)) / BlockSize);
        }

        return new SampledBlocks([.. chosen.Select(block => block * BlockSize)], length);
    }

    /// <summary>Where a block begins.</summary>
    public long OffsetOf(int block) => _offsets[block];

    /// <summary>
    /// The digest of each block as a backup by this transport would store it: what the device calls zeros is not read. Null is a block of zeros.
    /// </summary>
    public async Task<IReadOnlyList<string?>> ReadAsync(IBlockDevice device, CancellationToken cancellationToken)
    {
        var digests = new string?[_offsets.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = device.MaxInFlight, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, _offsets.Length), options, async (block, token) =>
        {
            var buffer = new byte[Math.Min(BlockSize, _length - _offsets[block])];
            await foreach (var run in device.RunsAsync(_offsets[block], buffer.Length, token).ConfigureAwait(false))
            {
                if (run.Kind == BlockRunKind.Data)
                {
                    await device.ReadAsync(run.Offset, buffer.AsMemory((int)(run.Offset - _offsets[block]), (int)run.Length), token).ConfigureAwait(false);
                }
            }

            digests[block] = buffer.AsSpan().SequenceEqual(Zeros.AsSpan(0, buffer.Length)) ? null : Convert.ToHexStringLower(SHA256.HashData(buffer));
        }).ConfigureAwait(false);
        return digests;
    }
}
