using System.Runtime.CompilerServices;

namespace VmProxy.Blocks;

/// <summary>Several devices end to end, as the extents of a disk are. It owns its parts.</summary>
public sealed class ConcatenatedBlockDevice : IBlockDevice
{
    readonly IBlockDevice[] _parts;
    readonly long[] _starts;

    /// <summary>Joins the parts in order; each keeps its own length.</summary>
    public ConcatenatedBlockDevice(IEnumerable<IBlockDevice> parts)
    {
        _parts = [.. parts];
        ArgumentOutOfRangeException.ThrowIfZero(_parts.Length, nameof(parts));
        _starts = new long[_parts.Length];
        for (var i = 0; i < _parts.Length; i++)
        {
            _starts[i] = Length;
            Length = checked(Length + _parts[i].Length);
        }
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => _parts.Max(part => part.SectorSize);

    /// <inheritdoc/>
    public int PreferredReadSize => _parts.Max(part => part.PreferredReadSize);

    /// <inheritdoc/>
    public int MaxInFlight => _parts.Max(part => part.MaxInFlight);

    /// <summary>The parts in order, for a caller that must write them one by one.</summary>
    internal IReadOnlyList<IBlockDevice> Parts => _parts;

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        var index = PartAt(offset);
        var inside = offset - _starts[index];
        return buffer.Length <= _parts[index].Length - inside
            ? _parts[index].ReadAsync(inside, buffer, cancellationToken)
            : ReadAcrossAsync(index, inside, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return RunsOfPartsAsync(offset, length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The part that holds the byte, and where that part starts.</summary>
    internal int PartAt(long offset)
    {
        var found = Array.BinarySearch(_starts, offset);
        return found >= 0 ? LastStartingAt(found) : ~found - 1;
    }

    internal long StartOf(int index) => _starts[index];

    /// <summary>Parts of no length share their start with the next.</summary>
    int LastStartingAt(int index)
    {
        while (index + 1 < _starts.Length && _starts[index + 1] == _starts[index])
        {
            index++;
        }

        return index;
    }

    async ValueTask ReadAcrossAsync(int index, long inside, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var piece = (int)Math.Min(buffer.Length, _parts[index].Length - inside);
            await _parts[index].ReadAsync(inside, buffer[..piece], cancellationToken).ConfigureAwait(false);
            buffer = buffer[piece..];
            index++;
            inside = 0;
        }
    }

    async IAsyncEnumerable<BlockRun> RunsOfPartsAsync(
        long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var index = PartAt(offset); length > 0; index++)
        {
            var inside = offset - _starts[index];
            var piece = Math.Min(length, _parts[index].Length - inside);
            var runs = _parts[index].RunsAsync(inside, piece, cancellationToken).ShiftAsync(_starts[index], cancellationToken);
            await foreach (var run in runs.ConfigureAwait(false))
            {
                yield return run;
            }

            offset += piece;
            length -= piece;
        }
    }
}
