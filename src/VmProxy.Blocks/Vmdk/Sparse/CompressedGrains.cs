using System.Buffers;
using System.IO.Compression;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// The compressed grains of a stream-optimised extent, each unpacked as often as it is read: a cache lies above. Only what the extent holds
/// may be asked for. It owns nothing.
/// </summary>
sealed class CompressedGrains(IBlockDevice file, SparseGeometry geometry, SparseTables tables, string name) : IBlockDevice
{
    /// <summary>Read with the marker in one go, as most grains are no longer.</summary>
    const int FirstRead = 32 * 1024;

    public long Length => geometry.CapacityBytes;

    public int SectorSize => VmdkDescriptor.SectorSize;

    public int PreferredReadSize => file.PreferredReadSize;

    public int MaxInFlight => file.MaxInFlight;

    /// <summary>Deflate makes nothing longer by more than a few bytes in a thousand; whatever claims more is damaged.</summary>
    int MaxCompressed => 2 * geometry.GrainBytes;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        // One byte more than a grain, so that the unpacker comes to the end of the stream and its checksum.
        var grain = ArrayPool<byte>.Shared.Rent(geometry.GrainBytes + 1);
        try
        {
            while (!buffer.IsEmpty)
            {
                var inside = (int)(offset % geometry.GrainBytes);
                var valid = await ReadGrainAsync(offset - inside, grain, cancellationToken).ConfigureAwait(false);
                var piece = Math.Min(buffer.Length, valid - inside);
                grain.AsMemory(inside, piece).CopyTo(buffer);
                buffer = buffer[piece..];
                offset += piece;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(grain);
        }
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return BlockRunExtensions.Single(offset, length, BlockRunKind.Data);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Unpacks the grain that starts at a disk offset and returns how many of its bytes are the disk's.</summary>
    async ValueTask<int> ReadGrainAsync(long start, byte[] grain, CancellationToken cancellationToken)
    {
        var table = await tables.GetAsync((int)(start / geometry.TableSpan), cancellationToken).ConfigureAwait(false);
        var sector = table[start % geometry.TableSpan / geometry.GrainBytes];
        var position = (long)sector * VmdkDescriptor.SectorSize;
        var valid = (int)Math.Min(geometry.GrainBytes, geometry.CapacityBytes - start);
        var packed = ArrayPool<byte>.Shared.Rent(SparseMarker.GrainBytes + MaxCompressed);
        try
        {
            // The table was checked: the marker lies in the file.
            var have = (int)Math.Min(Math.Min(FirstRead, packed.Length), file.Length - position);
            await file.ReadAsync(position, packed.AsMemory(0, have), cancellationToken).ConfigureAwait(false);
            var size = CompressedSize(packed, start, sector);
            var end = SparseMarker.GrainBytes + size;
            if (end > have)
            {
                await file.ReadAsync(position + have, packed.AsMemory(have, end - have), cancellationToken).ConfigureAwait(false);
            }

            var unpacked = Unpack(packed, size, grain.AsSpan(0, geometry.GrainBytes + 1), start, sector);
            return unpacked >= valid && unpacked <= geometry.GrainBytes
                ? valid
                : throw Damaged(start, sector, $"unpacks to {unpacked} bytes and not to {valid}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    int CompressedSize(ReadOnlySpan<byte> packed, long start, uint sector)
    {
        var marker = SparseMarker.ParseGrain(packed);
        if (marker.Value != (ulong)(start / VmdkDescriptor.SectorSize))
        {
            throw Damaged(start, sector, $"has the marker of disk sector {marker.Value}");
        }

        return marker.Size > 0 && marker.Size <= MaxCompressed && marker.Size <= FileBytesFrom(sector)
            ? (int)marker.Size
            : throw Damaged(start, sector, $"has {marker.Size} compressed bytes, which is none, too many, or beyond the end of the file");
    }

    long FileBytesFrom(uint sector) => file.Length - ((long)sector * VmdkDescriptor.SectorSize) - SparseMarker.GrainBytes;

    int Unpack(byte[] packed, int size, Span<byte> target, long start, uint sector)
    {
        using var bytes = new MemoryStream(packed, SparseMarker.GrainBytes, size, writable: false);
        using var zlib = new ZLibStream(bytes, CompressionMode.Decompress);
        try
        {
            return zlib.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw Damaged(start, sector, $"cannot be unpacked ({exception.Message})", exception);
        }
    }

    BlockDeviceException Damaged(long start, uint sector, string reason, Exception? cause = null) =>
        SparseError.Damaged(name, $"the compressed grain of disk offset {start} at sector {sector} {reason}", cause);
}
