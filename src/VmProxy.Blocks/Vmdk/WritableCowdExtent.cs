using System.Buffers;
using System.Buffers.Binary;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// A redo log that takes writes, as a host's does while a VM runs on a snapshot: what is written goes into the log, the parent stays as
/// it is. Data is written before the table entry that points to it. Writes are serialised; reads run beside them.
/// </summary>
public sealed class WritableCowdExtent : CowdExtent, IWritableBlockDevice
{
    readonly WritableFileBlockDevice _target;
    readonly SemaphoreSlim _writing = new(1, 1);
    long _nextFree;

    WritableCowdExtent(WritableFileBlockDevice file, IBlockDevice? parent, CowdHeader header, CowdTables tables, string name)
        : base(file, parent, header, tables, name)
    {
        _target = file;
        var fileEnd = (file.Length + VmdkDescriptor.SectorSize - 1) / VmdkDescriptor.SectorSize;
        _nextFree = Math.Max(Math.Max(header.NextFreeSector, fileEnd), header.FirstDataSector);
    }

    /// <summary>Creates an empty redo log over a parent.</summary>
    /// <param name="path">The new file; an existing one is refused.</param>
    /// <param name="length">Size of the disk in bytes: whole sectors, below 2 TiB.</param>
    /// <param name="parent">What lies below, of the same length; null when nothing does. The caller keeps it.</param>
    /// <param name="cancellationToken">Cancels the creation.</param>
    /// <exception cref="BlockDeviceException">The file exists or cannot be written.</exception>
    public static async Task<WritableCowdExtent> CreateAsync(
        string path, long length, IBlockDevice? parent, CancellationToken cancellationToken)
    {
        var header = CowdHeader.Create(length);
        var file = await WritableFileBlockDevice.CreateAsync(
            path, (long)header.NextFreeSector * VmdkDescriptor.SectorSize, cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            var bytes = new byte[CowdHeader.Bytes];
            header.Write(bytes);
            await file.WriteAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return await OpenAsync(file, parent, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens an existing redo log to read and write it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parent">What lies below, of the same length; null when nothing does. The caller keeps it.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="BlockDeviceException">The file is no redo log, is damaged, or is of another length than the parent.</exception>
    public static async Task<WritableCowdExtent> OpenAsync(string path, IBlockDevice? parent, CancellationToken cancellationToken) =>
        await OpenAsync(
            await WritableFileBlockDevice.OpenWritableAsync(path, cancellationToken: cancellationToken).ConfigureAwait(false),
            parent,
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, data.Length);
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!data.IsEmpty)
            {
                var segment = await MapAsync(offset, data.Length, cancellationToken).ConfigureAwait(false);
                var piece = segment.IsOwn
                    ? await OverwriteAsync(segment, data, cancellationToken).ConfigureAwait(false)
                    : await AllocateAsync(offset, data[..(int)segment.Length], cancellationToken).ConfigureAwait(false);
                data = data[piece..];
                offset += piece;
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>What reads as zeros already is left alone; the format has no zero grains, so the rest is written.</remarks>
    public async ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        var zeros = new byte[Math.Min(length, PreferredReadSize)];
        await foreach (var run in RunsAsync(offset, length, cancellationToken).ConfigureAwait(false))
        {
            for (var at = run.Offset; run.Kind == BlockRunKind.Data && at < run.End;)
            {
                var piece = (int)Math.Min(zeros.Length, run.End - at);
                await WriteAsync(at, zeros.AsMemory(0, piece), cancellationToken).ConfigureAwait(false);
                at += piece;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var nextFree = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(nextFree, (uint)_nextFree);
            await _target.WriteAsync(CowdHeader.NextFreeOffset, nextFree, cancellationToken).ConfigureAwait(false);
            await _target.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
    }

    static async Task<WritableCowdExtent> OpenAsync(
        WritableFileBlockDevice file, IBlockDevice? parent, CancellationToken cancellationToken)
    {
        try
        {
            var header = await ReadHeaderAsync(file, parent, file.Path, cancellationToken).ConfigureAwait(false);
            var tables = await CowdTables.LoadAsync(file, header, file.Path, cancellationToken).ConfigureAwait(false);
            return new WritableCowdExtent(file, parent, header, tables, file.Path);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    async ValueTask<int> OverwriteAsync(CowdSegment segment, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _target.WriteAsync(segment.FileOffset, data[..(int)segment.Length], cancellationToken).ConfigureAwait(false);
        return (int)segment.Length;
    }

    /// <summary>Puts data that the log does not hold at its end, at most up to the end of one grain table, and returns how much it was.</summary>
    async ValueTask<int> AllocateAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var index = (int)(offset / Header.TableSpan);
        var tableStart = index * Header.TableSpan;
        var grain = (int)((offset - tableStart) / Header.GrainBytes);
        var grainStart = tableStart + ((long)grain * Header.GrainBytes);
        var written = (int)Math.Min(data.Length, tableStart + Header.TableSpan - offset);
        var grains = (int)((offset + written - grainStart + Header.GrainBytes - 1) / Header.GrainBytes);

        if (!Tables.HasTable(index))
        {
            await Tables.AddAsync(_target, index, Allocate(CowdHeader.TableBytes), cancellationToken).ConfigureAwait(false);
        }

        var bytes = grains * Header.GrainBytes;
        var sector = Allocate(bytes);
        var position = (long)sector * VmdkDescriptor.SectorSize;
        if (bytes == written)
        {
            await _target.WriteAsync(position, data[..written], cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await WriteWithEdgesAsync(position, grainStart, bytes, offset, data[..written], cancellationToken).ConfigureAwait(false);
        }

        await Tables.SetAsync(_target, index, grain, grains, sector, cancellationToken).ConfigureAwait(false);
        return written;
    }

    /// <summary>The first or the last grain is written in part: the rest of it comes from the parent.</summary>
    async ValueTask WriteWithEdgesAsync(
        long position, long grainStart, int bytes, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            var whole = buffer.AsMemory(0, bytes);
            whole.Span.Clear();
            if (Parent is not null)
            {
                var known = (int)Math.Min(bytes, Length - grainStart);
                await Parent.ReadAsync(grainStart, whole[..known], cancellationToken).ConfigureAwait(false);
            }

            data.CopyTo(whole[(int)(offset - grainStart)..]);
            await _target.WriteAsync(position, whole, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    uint Allocate(int bytes)
    {
        var sector = _nextFree;
        var next = sector + (bytes / VmdkDescriptor.SectorSize);
        if (next > uint.MaxValue)
        {
            throw new BlockDeviceException(
                BlockErrorCodes.NoSpace, Name, $"Redo log '{Name}' is full: its format ends at 2 TiB. Consolidate the snapshot.");
        }

        _nextFree = next;
        _target.ExtendTo(next * VmdkDescriptor.SectorSize);
        return (uint)sector;
    }
}
