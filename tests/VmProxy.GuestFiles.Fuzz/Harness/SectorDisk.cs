using VmProxy.Blocks;

namespace VmProxy.GuestFiles.Fuzz.Harness;

/// <summary>A disk in memory of which only what was written takes room. Everything ends at once, so that a run is the same each time.</summary>
sealed class SectorDisk(long length) : IBlockDevice
{
    const int PageSize = 4096;

    readonly Dictionary<long, byte[]> _pages = [];

    public long Length => length;

    public int SectorSize => SectorFile.SectorSize;

    public int PreferredReadSize => 64 * 1024;

    public int MaxInFlight => 4;

    /// <summary>Where something was written, in units of 4096 bytes.</summary>
    public IEnumerable<long> Pages => _pages.Keys.Select(page => page * PageSize);

    /// <summary>Writes as much of the bytes as lies on the disk.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && offset >= 0 && offset < length)
        {
            var (page, start) = Math.DivRem(offset, PageSize);
            var piece = (int)Math.Min(Math.Min(PageSize - start, bytes.Length), length - offset);
            if (!_pages.TryGetValue(page, out var content))
            {
                _pages.Add(page, content = new byte[PageSize]);
            }

            bytes[..piece].CopyTo(content.AsSpan((int)start));
            bytes = bytes[piece..];
            offset += piece;
        }
    }

    /// <summary>A copy of a part of the disk, which must lie on it.</summary>
    public byte[] Read(long offset, int count)
    {
        var bytes = new byte[count];
        Fill(offset, bytes);
        return bytes;
    }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Fill(offset, buffer.Span);
        return ValueTask.CompletedTask;
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return BlockRunExtensions.Single(offset, length, BlockRunKind.Data);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    void Fill(long offset, Span<byte> bytes)
    {
        BlockBounds.ThrowIfOutside(Length, offset, bytes.Length);
        while (!bytes.IsEmpty)
        {
            var (page, start) = Math.DivRem(offset, PageSize);
            var piece = (int)Math.Min(PageSize - start, bytes.Length);
            if (_pages.TryGetValue(page, out var content))
            {
                content.AsSpan((int)start, piece).CopyTo(bytes);
            }
            else
            {
                bytes[..piece].Clear();
            }

            bytes = bytes[piece..];
            offset += piece;
        }
    }
}
