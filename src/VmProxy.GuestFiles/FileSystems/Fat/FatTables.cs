namespace VmProxy.GuestFiles;

/// <summary>Decides which of the copies of the file allocation table to use.</summary>
static class FatTables
{
    /// <summary>Bytes of each copy that are looked at: all of most volumes. Behind that, a link that cannot be right is looked up in the other copy.</summary>
    const int Examined = 4 * 1024 * 1024;

    /// <summary>The tables, the best one first.</summary>
    public static async ValueTask<IReadOnlyList<long>> ChooseAsync(GuestReader reader, FatBoot boot, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        if (boot.ActiveTable is { } active && active < boot.Tables)
        {
            return [boot.Table(active)];
        }

        var size = boot.TableSectors * (long)boot.SectorSize;
        var tables = Enumerable.Range(0, boot.Tables).Select(boot.Table).Where(table => table <= reader.Device.Length - size).ToList();
        if (tables.Count == 0)
        {
            throw GuestFileException.Damaged(name, $"The file allocation table of {name} would lie behind the volume's end.");
        }

        if (tables.Count == 1)
        {
            return tables;
        }

        var length = (int)Math.Min(size, Examined);
        var (first, second) = (new byte[length], new byte[length]);
        await reader.Device.ReadAsync(tables[0], first, cancellationToken).ConfigureAwait(false);
        await reader.Device.ReadAsync(tables[1], second, cancellationToken).ConfigureAwait(false);
        if (first.AsSpan().SequenceEqual(second))
        {
            return tables;
        }

        var (faults, otherFaults) = (Faults(first, boot), Faults(second, boot));
        var isSecond = otherFaults.CompareTo(faults) < 0;
        findings.Add(new GuestProblem(
            isSecond ? GuestFileErrorCodes.CopyUsed : GuestFileErrorCodes.Damaged,
            name,
            $"The two file allocation tables of {name} are not the same: the {(isSecond ? "second" : "first")} is used.") { IsWarning = true });
        return isSecond ? [tables[1], tables[0]] : tables;
    }

    /// <summary>How much of a table cannot be right: its first entry, links to nowhere, and links to clusters that are free; where there are none, a table that knows of fewer used clusters is worse.</summary>
    static (int Faults, long Free) Faults(byte[] table, FatBoot boot)
    {
        var links = new ClusterLinks(null!, "", [], boot.Width, boot.ClusterCount);
        var entries = (uint)Math.Min(boot.ClusterCount + 2L, (table.Length * 8L / (boot.Width == 28 ? 32 : boot.Width)) - 1);
        var (faults, free) = ((links.Entry(table, 0) & 0xFF) == boot.Media ? 0 : 1, 0L);
        for (var cluster = ClusterLinks.First; cluster < entries; cluster++)
        {
            var next = links.Entry(table, cluster);
            if (next == 0)
            {
                free++;
            }
            else if (links.IsCluster(next) ? next < entries && links.Entry(table, next) == 0 : !links.IsEnd(next) && !links.IsBad(next))
            {
                faults++;
            }
        }

        return (faults, free);
    }
}
