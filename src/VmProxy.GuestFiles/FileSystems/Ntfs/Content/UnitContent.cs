using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A content that is compressed in units, each of which is read as a whole. The few units that were read in part last stay.</summary>
abstract class UnitContent(IBlockDevice source, long length, int unitSize) : IBlockDevice
{
    // Enough for several readers beside each other; a unit is at most a few MiB.
    const int KeptUnits = 4;

    readonly Lock _gate = new();
    readonly Queue<(long Unit, byte[] Bytes)> _kept = new();

    public long Length { get; } = length;

    public int SectorSize => source.SectorSize;

    public int PreferredReadSize => Math.Max(source.PreferredReadSize, unitSize);

    public int MaxInFlight => source.MaxInFlight;

    /// <summary>Fills the target with a unit's bytes; the last unit's target ends where the content does.</summary>
    /// <exception cref="GuestFileException">The unit is damaged.</exception>
    protected abstract ValueTask LoadAsync(long unit, Memory<byte> target, CancellationToken cancellationToken);

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            var unit = offset / unitSize;
            var inside = (int)(offset % unitSize);
            var size = (int)Math.Min(unitSize, Length - (unit * unitSize));
            var part = buffer[..Math.Min(buffer.Length, size - inside)];
            if (part.Length == size)
            {
                await LoadAsync(unit, part, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var bytes = Kept(unit) ?? await LoadAndKeepAsync(unit, size, cancellationToken).ConfigureAwait(false);
                bytes.AsMemory(inside, part.Length).CopyTo(part);
            }

            offset += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    public virtual IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return BlockRunExtensions.Single(offset, length, BlockRunKind.Data);
    }

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    byte[]? Kept(long unit)
    {
        lock (_gate)
        {
            return _kept.FirstOrDefault(kept => kept.Unit == unit).Bytes;
        }
    }

    async ValueTask<byte[]> LoadAndKeepAsync(long unit, int size, CancellationToken cancellationToken)
    {
        var bytes = new byte[size];
        await LoadAsync(unit, bytes, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _kept.Enqueue((unit, bytes));
            if (_kept.Count > KeptUnits)
            {
                _kept.Dequeue();
            }
        }

        return bytes;
    }
}
