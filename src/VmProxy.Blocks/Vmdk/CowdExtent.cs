using System.Runtime.CompilerServices;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// A COWD redo log (VMFSSPARSE) over what lies below it: its own grains win, the rest comes from the parent, or is a hole where there is
/// none. It owns the file; the parent belongs to the caller.
/// </summary>
public class CowdExtent : IBlockDevice
{
    private protected CowdExtent(IBlockDevice file, IBlockDevice? parent, CowdHeader header, CowdTables tables, string name)
    {
        File = file;
        Parent = parent;
        Header = header;
        Tables = tables;
        Name = name;
    }

    /// <inheritdoc/>
    public long Length => Header.CapacityBytes;

    /// <inheritdoc/>
    public int SectorSize => VmdkDescriptor.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => File.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => File.MaxInFlight;

    private protected IBlockDevice File { get; }

    private protected IBlockDevice? Parent { get; }

    private protected CowdTables Tables { get; }

    private protected string Name { get; }

    private protected CowdHeader Header { get; }

    /// <summary>Opens a redo log.</summary>
    /// <param name="file">The file; owned from now on, also when this throws.</param>
    /// <param name="parent">What lies below, of the same length; null when nothing does.</param>
    /// <param name="name">How errors call the redo log.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="BlockDeviceException">The file is no redo log, is damaged, or is of another length than the parent.</exception>
    public static async Task<CowdExtent> OpenAsync(
        IBlockDevice file, IBlockDevice? parent, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            var header = await ReadHeaderAsync(file, parent, name, cancellationToken).ConfigureAwait(false);
            var tables = await CowdTables.LoadAsync(file, header, name, cancellationToken).ConfigureAwait(false);
            return new CowdExtent(file, parent, header, tables, name);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        while (!buffer.IsEmpty)
        {
            var segment = await MapAsync(offset, buffer.Length, cancellationToken).ConfigureAwait(false);
            var piece = buffer[..(int)segment.Length];
            if (segment.IsOwn)
            {
                await File.ReadAsync(segment.FileOffset, piece, cancellationToken).ConfigureAwait(false);
            }
            else if (Parent is null)
            {
                piece.Span.Clear();
            }
            else
            {
                await Parent.ReadAsync(offset, piece, cancellationToken).ConfigureAwait(false);
            }

            buffer = buffer[piece.Length..];
            offset += piece.Length;
        }
    }

    /// <inheritdoc/>
    /// <remarks>What the redo log holds is data; the rest is as the parent says, or a hole.</remarks>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return FindRunsAsync(offset, length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    /// <summary>Closes the file. The parent stays open.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await File.DisposeAsync().ConfigureAwait(false);
        Tables.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static async Task<CowdHeader> ReadHeaderAsync(
        IBlockDevice file, IBlockDevice? parent, string name, CancellationToken cancellationToken)
    {
        if (file.Length < CowdHeader.Bytes)
        {
            throw CowdHeader.Invalid(name, $"it has {file.Length} bytes, less than its header of {CowdHeader.Bytes}");
        }

        var bytes = new byte[CowdHeader.Bytes];
        await file.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        var header = CowdHeader.Parse(bytes, file.Length, name);
        return parent is null || parent.Length == header.CapacityBytes
            ? header
            : throw CowdHeader.Invalid(name, $"its disk has {header.CapacityBytes} bytes, but the parent has {parent.Length}");
    }

    /// <summary>The longest stretch from <paramref name="offset"/> that lies in one piece of the file, or that the redo log does not hold.</summary>
    private protected async ValueTask<CowdSegment> MapAsync(long offset, long length, CancellationToken cancellationToken)
    {
        var index = (int)(offset / Header.TableSpan);
        var end = Math.Min(offset + length, (index + 1) * Header.TableSpan);
        if (!Tables.HasTable(index))
        {
            while (end < offset + length && !Tables.HasTable(index + 1))
            {
                index++;
                end = Math.Min(offset + length, end + Header.TableSpan);
            }

            return new CowdSegment(end - offset, CowdSegment.NotHeld);
        }

        var table = await Tables.GetAsync(index, cancellationToken).ConfigureAwait(false);
        var tableStart = index * Header.TableSpan;
        var grain = (int)((offset - tableStart) / Header.GrainBytes);
        var first = Volatile.Read(ref table[grain]);
        if (first != 0)
        {
            ThrowIfOutsideFile(first, tableStart + ((long)grain * Header.GrainBytes));
        }

        var next = grain + 1;
        var expected = first;
        while (tableStart + ((long)next * Header.GrainBytes) < end)
        {
            expected += first == 0 ? 0 : Header.GrainSectors;
            var sector = Volatile.Read(ref table[next]);
            if (sector != expected)
            {
                break;
            }

            if (sector != 0)
            {
                ThrowIfOutsideFile(sector, tableStart + ((long)next * Header.GrainBytes));
            }

            next++;
        }

        end = Math.Min(end, tableStart + ((long)next * Header.GrainBytes));
        return first == 0
            ? new CowdSegment(end - offset, CowdSegment.NotHeld)
            : new CowdSegment(end - offset, ((long)first * VmdkDescriptor.SectorSize) + (offset % Header.GrainBytes));
    }

    void ThrowIfOutsideFile(uint sector, long diskOffset)
    {
        if (sector < Header.FirstDataSector || ((long)sector + Header.GrainSectors) * VmdkDescriptor.SectorSize > File.Length)
        {
            throw CowdHeader.Invalid(
                Name, $"the grain of disk offset {diskOffset} lies at sector {sector}, outside the {File.Length} bytes of the file");
        }
    }

    async IAsyncEnumerable<BlockRun> FindRunsAsync(
        long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var segment = await MapAsync(offset, length, cancellationToken).ConfigureAwait(false);
            var runs = segment.IsOwn ? BlockRunExtensions.Single(offset, segment.Length, BlockRunKind.Data)
                : Parent is null ? BlockRunExtensions.Single(offset, segment.Length, BlockRunKind.Hole)
                : Parent.RunsAsync(offset, segment.Length, cancellationToken);
            await foreach (var run in runs.ConfigureAwait(false))
            {
                yield return run;
            }

            offset += segment.Length;
            length -= segment.Length;
        }
    }
}
