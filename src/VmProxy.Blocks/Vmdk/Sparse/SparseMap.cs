namespace VmProxy.Blocks.Vmdk;

/// <summary>Finds where a stretch of the disk lies in a sparse extent.</summary>
sealed class SparseMap(SparseGeometry geometry, SparseTables tables)
{
    /// <summary>The longest stretch from <paramref name="offset"/>, inside one table, that is held in one way and lies together.</summary>
    public async ValueTask<SparseSegment> FindAsync(long offset, long length, CancellationToken cancellationToken)
    {
        var index = (int)(offset / geometry.TableSpan);
        var tableStart = index * geometry.TableSpan;
        var end = Math.Min(offset + length, tableStart + geometry.TableSpan);
        if (!tables.HasTable(index))
        {
            while (end < offset + length && !tables.HasTable(++index))
            {
                end = Math.Min(offset + length, end + geometry.TableSpan);
            }

            return new SparseSegment(end - offset, SparseSegmentKind.NotHeld);
        }

        var table = await tables.GetAsync(index, cancellationToken).ConfigureAwait(false);
        var grain = (int)((offset - tableStart) / geometry.GrainBytes);
        var first = table[grain];
        var kind = KindOf(first);
        var next = grain + 1;
        while (GrainStart(next) < end && Continues(table[next], first, next - grain))
        {
            next++;
        }

        var inside = (offset - tableStart) % geometry.GrainBytes;
        return new SparseSegment(
            Math.Min(end, GrainStart(next)) - offset,
            kind,
            kind == SparseSegmentKind.Plain ? ((long)first * VmdkDescriptor.SectorSize) + inside : 0);

        long GrainStart(int ordinal) => tableStart + ((long)ordinal * geometry.GrainBytes);
    }

    bool Continues(uint sector, uint first, int grains) =>
        KindOf(first) == SparseSegmentKind.Plain
            ? KindOf(sector) == SparseSegmentKind.Plain && sector == first + ((long)grains * geometry.GrainSectors)
            : KindOf(sector) == KindOf(first);

    SparseSegmentKind KindOf(uint sector) => sector switch
    {
        SparseTables.NotHeld => SparseSegmentKind.NotHeld,
        SparseTables.ZeroGrain when geometry.HasZeroGrains => SparseSegmentKind.Zero,
        _ => geometry.IsCompressed ? SparseSegmentKind.Compressed : SparseSegmentKind.Plain,
    };
}
