using System.Buffers.Binary;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A device with some of its blocks replaced: what a replayed log would have written, either as bytes in memory or as the place on the device where the block's new content
/// lies. It never writes. All patches are made before the first read; it does not own the device below.
/// </summary>
sealed class PatchedBlockDevice(IBlockDevice inner, int blockSize) : IBlockDevice
{
    readonly Dictionary<long, Patch> _blocks = [];

    public long Length => inner.Length;

    public int SectorSize => inner.SectorSize;

    public int PreferredReadSize => inner.PreferredReadSize;

    public int MaxInFlight => inner.MaxInFlight;

    /// <summary>How many blocks are replaced.</summary>
    public int Count => _blocks.Count;

    /// <summary>The block as it reads now; for those who replace parts of it.</summary>
    public async ValueTask<byte[]> ReadBlockAsync(long block, CancellationToken cancellationToken)
    {
        var bytes = new byte[blockSize];
        await ReadAsync(block * blockSize, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Replaces a block, which lies wholly inside the device.</summary>
    public void Replace(long block, ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, blockSize);
        BlockBounds.ThrowIfOutside(Length, checked(block * blockSize), blockSize);
        _blocks[block] = new Patch(bytes, 0, null);
    }

    /// <summary>Lets a block, which lies wholly inside the device, read as another stretch of it.</summary>
    /// <param name="block">The block.</param>
    /// <param name="source">Where its bytes lie on the device below.</param>
    /// <param name="firstWord">What the first four bytes are instead, big-endian; null for what is there.</param>
    public void Redirect(long block, long source, uint? firstWord)
    {
        BlockBounds.ThrowIfOutside(Length, checked(block * blockSize), blockSize);
        BlockBounds.ThrowIfOutside(Length, source, blockSize);
        _blocks[block] = new Patch(null, source, firstWord);
    }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        return _blocks.Count == 0 ? inner.ReadAsync(offset, buffer, cancellationToken) : ReadPatchedAsync(offset, buffer, cancellationToken);
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return _blocks.Count == 0 ? inner.RunsAsync(offset, length, cancellationToken)
            : (length == 0 ? [] : new[] { new BlockRun(offset, length, BlockRunKind.Data) }).ToAsyncEnumerable();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async ValueTask ReadPatchedAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (var at = offset; at < offset + buffer.Length;)
        {
            var (end, patch) = StretchFrom(at, offset + buffer.Length);
            var part = buffer[(int)(at - offset)..(int)(end - offset)];
            var inside = (int)(at % blockSize);
            if (patch is not { } replaced)
            {
                await inner.ReadAsync(at, part, cancellationToken).ConfigureAwait(false);
            }
            else if (replaced.Bytes is { } bytes)
            {
                bytes.Slice(inside, part.Length).CopyTo(part);
            }
            else
            {
                await inner.ReadAsync(replaced.Source + inside, part, cancellationToken).ConfigureAwait(false);
                SetFirstWord(part.Span, inside, replaced.FirstWord);
            }

            at = end;
        }
    }

    /// <summary>How far the bytes go on to come from one place, and which patch that is; null for the device itself.</summary>
    (long End, Patch? Patch) StretchFrom(long at, long end)
    {
        var block = at / blockSize;
        Patch? first = _blocks.TryGetValue(block, out var found) ? found : null;
        var count = 1L;
        while ((block + count) * blockSize < end)
        {
            Patch? next = _blocks.TryGetValue(block + count, out found) ? found : null;
            var goesOn = first is { } patch ? next is { Bytes: null, FirstWord: null } && patch is { Bytes: null } && next.Value.Source == patch.Source + (count * blockSize) : next is null;
            if (!goesOn)
            {
                break;
            }

            count++;
        }

        return (Math.Min(end, (block + count) * blockSize), first);
    }

    /// <summary>Sets what a read of a block, from a byte inside of it on, holds of the first word.</summary>
    static void SetFirstWord(Span<byte> part, int inside, uint? word)
    {
        if (word is not { } value || inside >= sizeof(uint))
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        bytes = bytes[inside..];
        bytes[..Math.Min(bytes.Length, part.Length)].CopyTo(part);
    }

    /// <summary>What a block is replaced by: bytes, or a place.</summary>
    readonly record struct Patch(ReadOnlyMemory<byte>? Bytes, long Source, uint? FirstWord);
}
