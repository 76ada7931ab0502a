namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// Whether the entries of a grain table can be right: grains lie in the file, not in its metadata, and not in each other. Of a compressed
/// grain only the place of its marker is known here; the marker then tells whose grain it is.
/// </summary>
sealed class SparseTableCheck(SparseGeometry geometry, string name)
{
    const int TableSectors = SparseHeader.TableEntries * sizeof(uint) / VmdkDescriptor.SectorSize;

    readonly SparseClaims _claims = new(geometry.GrainSectors);

    /// <summary>Checks a table that was read from <paramref name="tableSector"/>. Not for two threads at once.</summary>
    /// <exception cref="BlockDeviceException">An entry cannot be right.</exception>
    public void ThrowIfInsane(int index, uint tableSector, uint[] table)
    {
        var start = index * geometry.TableSpan;
        var grains = (int)Math.Min(SparseHeader.TableEntries, (geometry.CapacityBytes - start + geometry.GrainBytes - 1) / geometry.GrainBytes);
        Span<uint> held = stackalloc uint[SparseHeader.TableEntries];
        var count = 0;
        for (var i = 0; i < grains; i++)
        {
            var sector = table[i];
            if (sector == SparseTables.NotHeld || (sector == SparseTables.ZeroGrain && geometry.HasZeroGrains))
            {
                continue;
            }

            var grain = start + ((long)i * geometry.GrainBytes);
            var bytes = geometry.IsCompressed ? SparseMarker.GrainBytes : Math.Min(geometry.GrainBytes, geometry.CapacityBytes - grain);
            var end = sector + ((bytes + VmdkDescriptor.SectorSize - 1) / VmdkDescriptor.SectorSize);
            if (!geometry.CanHold(sector, bytes) || (sector < (long)tableSector + TableSectors && end > tableSector))
            {
                throw SparseError.Damaged(
                    name,
                    $"the grain of disk offset {grain} lies at sector {sector}, among metadata or outside the {geometry.FileLength} bytes of the file");
            }

            held[count++] = sector;
        }

        if (!geometry.IsCompressed)
        {
            ThrowIfShared(index, held[..count]);
        }
    }

    void ThrowIfShared(int index, Span<uint> sectors)
    {
        sectors.Sort();
        for (var i = 1; i < sectors.Length; i++)
        {
            if (sectors[i] - sectors[i - 1] < geometry.GrainSectors)
            {
                throw SparseError.Damaged(name, $"two grains of grain table {index} overlap at sector {sectors[i]}");
            }
        }

        if (!_claims.TryClaim(index, sectors, out var taken))
        {
            throw SparseError.Damaged(name, $"grain table {index} has a grain at sector {taken}, where a grain of another table lies");
        }
    }
}
