using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>How a disk is divided: a table and what each partition holds, or no table and what the disk holds as a whole.</summary>
/// <param name="Table">The table, or null.</param>
/// <param name="Contents">What each of the table's partitions holds; without a table, what the disk holds.</param>
sealed record DiskLayout(PartitionTable? Table, IReadOnlyList<VolumeContent> Contents)
{
    const int SmallSector = 512;
    const int LargeSector = 4096;

    /// <summary>
    /// Reads the layout. A table and a file system can both seem to be at the beginning of a disk, one of them left behind by earlier use: the table counts if anything is known in one
    /// of its partitions, or if nothing is known on the disk as a whole.
    /// </summary>
    public static async ValueTask<DiskLayout> ReadAsync(IBlockDevice device, string disk, CancellationToken cancellationToken)
    {
        if (device.Length < SmallSector)
        {
            return new DiskLayout(null, [VolumeContent.Nothing]);
        }

        await using var reader = new GuestReader(device, capacity: 1024 * 1024);
        var entries = MbrTable.Parse(await reader.ReadAsync(0, SmallSector, "first sector", cancellationToken).ConfigureAwait(false));
        var announcesGpt = entries is not null && entries.Any(entry => entry.Type == MbrTypes.Protective);
        if (announcesGpt && await GptTable.ReadAsync(reader, disk, cancellationToken).ConfigureAwait(false) is { } gpt)
        {
            return await OfTableAsync(device, gpt, cancellationToken).ConfigureAwait(false);
        }

        var whole = await VolumeContent.RecognizeAsync(device, cancellationToken).ConfigureAwait(false);
        var mbr = entries is null ? null : await OfMbrAsync(device, reader, disk, entries, cancellationToken).ConfigureAwait(false);
        if (mbr is not null && announcesGpt)
        {
            mbr = With(mbr, GuestFileException.Damaged(disk, $"The disk {disk} should have a GPT, and neither copy of it can be read.").ToProblem());
        }

        if (mbr is not null && (whole.Kind == VolumeKind.Nothing || mbr.KnowsAny))
        {
            return mbr;
        }

        return whole.Kind == VolumeKind.Nothing && await GptTable.ReadAsync(reader, disk, cancellationToken).ConfigureAwait(false) is { Entries.Count: > 0 } unannounced
            ? With(
                await OfTableAsync(device, unannounced, cancellationToken).ConfigureAwait(false),
                new GuestProblem(GuestFileErrorCodes.Damaged, disk, $"The first sector of {disk} does not announce the GPT that is there.") { IsWarning = true })
            : new DiskLayout(null, [whole]);
    }

    bool KnowsAny => Contents.Any(content => content.Kind != VolumeKind.Nothing);

    /// <summary>The stretch of the disk that a partition has, as far as the disk has it.</summary>
    public static IBlockDevice Slice(IBlockDevice device, PartitionEntry entry)
    {
        var start = Math.Min(entry.Offset, device.Length);
        return new SliceBlockDevice(device, start, Math.Min(entry.Length, device.Length - start), ownsInner: false);
    }

    static DiskLayout With(DiskLayout layout, GuestProblem problem) =>
        layout with { Table = layout.Table! with { Problems = [problem, .. layout.Table.Problems] } };

    /// <summary>An MBR counts in sectors of the disk that it was made on. Nearly all had 512 bytes; 4,096 is taken only if that leads to something known and 512 does not.</summary>
    static async ValueTask<DiskLayout> OfMbrAsync(
        IBlockDevice device, GuestReader reader, string disk, IReadOnlyList<MbrEntry> entries, CancellationToken cancellationToken)
    {
        var small = await ReadAsync(SmallSector).ConfigureAwait(false);
        if (small.KnowsAny)
        {
            return small;
        }

        var large = await ReadAsync(LargeSector).ConfigureAwait(false);
        return large.KnowsAny && large.Table!.Entries.All(entry => entry.End <= device.Length) ? large : small;

        async ValueTask<DiskLayout> ReadAsync(int sectorSize) => await OfTableAsync(
            device, await MbrTable.ReadAsync(reader, disk, entries, sectorSize, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    static async ValueTask<DiskLayout> OfTableAsync(IBlockDevice device, PartitionTable table, CancellationToken cancellationToken)
    {
        var contents = new List<VolumeContent>();
        foreach (var entry in table.Entries)
        {
            contents.Add(entry.Type.Content ?? await VolumeContent.RecognizeAsync(Slice(device, entry), cancellationToken).ConfigureAwait(false));
        }

        return new DiskLayout(table, contents);
    }
}
