using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// Reads all of the MFT in one go, in large reads of which several are under way, and keeps of each file what is told of it. Files that a record alone does not tell of
/// are read one by one afterwards.
/// </summary>
sealed class NtfsScan(NtfsVolume volume, GuestProblems problems, uint maxNames)
{
    /// <summary>Records up to which it is done: what it keeps (some 120 bytes for each name) stays in memory as long as the walk lasts.</summary>
    public const long MaxRecords = 4_000_000;

    const int ReadSize = 1024 * 1024;
    const int InFlight = 6;

    readonly List<long> _parts = [];
    bool _isFull;

    /// <summary>Every name of every file.</summary>
    public NtfsNodes Nodes { get; } = new(maxNames);

    /// <summary>Records that are in use and cannot be read.</summary>
    public HashSet<long> Damaged { get; } = [];

    /// <summary>Reads the MFT; false where it holds more names than can be kept.</summary>
    /// <exception cref="BlockDeviceException">The device could not be read.</exception>
    public async ValueTask<bool> RunAsync(CancellationToken cancellationToken)
    {
        var used = await ReadBitmapAsync(cancellationToken).ConfigureAwait(false);
        var recordSize = volume.Geometry.RecordSize;
        var end = volume.Mft.Count * recordSize;
        await using var content = new NtfsContent(volume.Device, volume.Geometry.ClusterSize, volume.Mft.Runs, end, end, "the MFT");
        var reads = new Queue<(Task Read, byte[] Buffer, long Offset, int Length)>();
        try
        {
            for (long next = 0; (next < end || reads.Count > 0) && !_isFull;)
            {
                while (next < end && reads.Count < InFlight)
                {
                    var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(ReadSize);
                    var length = (int)Math.Min(ReadSize, end - next);
                    reads.Enqueue((ReadAsync(content, next, buffer.AsMemory(0, length), cancellationToken), buffer, next, length));
                    next += length;
                }

                var (read, bytes, offset, count) = reads.Peek();
                await read.ConfigureAwait(false);
                AddRecords(bytes.AsSpan(0, count), offset / recordSize, used);
                reads.Dequeue();
                System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            }
        }
        finally
        {
            // A read that is still under way writes into its buffer.
            foreach (var (read, _, _, _) in reads)
            {
                await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await AddPartsAsync(cancellationToken).ConfigureAwait(false);
        return !_isFull;
    }

    /// <summary>Reads a stretch; where a part of it does not exist, such as behind a cut volume's end, the records that do.</summary>
    async Task ReadAsync(NtfsContent content, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await content.ReadAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            problems.Add(exception);
            for (var at = 0; at < buffer.Length; at += volume.Geometry.RecordSize)
            {
                await ReadRecordAsync(content, offset + at, buffer.Slice(at, volume.Geometry.RecordSize), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    static async ValueTask ReadRecordAsync(NtfsContent content, long offset, Memory<byte> record, CancellationToken cancellationToken)
    {
        try
        {
            await content.ReadAsync(offset, record, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException)
        {
            record.Span.Clear();
        }
    }

    void AddRecords(Span<byte> bytes, long first, byte[] used)
    {
        var size = volume.Geometry.RecordSize;
        for (var number = Math.Max(first, NtfsMetafiles.FirstUser); number < first + (bytes.Length / size); number++)
        {
            var record = bytes.Slice((int)(number - first) * size, size);
            if (!NtfsRecord.HasSignature(record))
            {
                // Records that were never used can hold anything.
                if (number / 8 < used.Length && (used[number / 8] >> (int)(number % 8) & 1) != 0)
                {
                    AddDamaged(NtfsRecord.Damaged(number, "has no signature"), number);
                }
            }
            else if (NtfsRecord.IsInUseOf(record))
            {
                AddRecord(record, number);
            }
        }
    }

    void AddRecord(Span<byte> record, long number)
    {
        if (!NtfsFixups.TryApply(record))
        {
            AddDamaged(NtfsRecord.Damaged(number, "was written in part only: its update sequence does not match"), number);
            return;
        }

        if (NtfsRecord.BaseOf(record).Value != 0)
        {
            return;
        }

        var facts = default(NtfsFacts);
        if (NtfsRecord.IsDirectoryOf(record))
        {
            facts.SetDirectory();
        }

        if (volume.Log?.Concerns(number, NtfsRecord.LsnOf(record)) == true)
        {
            facts.SetInLog();
        }

        var attributes = new NtfsAttributes(record);
        while (attributes.MoveNext())
        {
            facts.Add(attributes.Current);
        }

        if (facts.IsPart || attributes.IsDamaged)
        {
            _parts.Add(number);
            return;
        }

        var reference = new NtfsReference(number, NtfsRecord.SequenceOf(record));
        attributes = new NtfsAttributes(record);
        while (attributes.MoveNext())
        {
            if (attributes.Current is { Type: NtfsAttributeType.FileName, IsResident: true } name)
            {
                AddName(name.Value, reference, facts);
            }
        }
    }

    void AddName(ReadOnlySpan<byte> value, NtfsReference reference, in NtfsFacts facts)
    {
        if (!NtfsFileName.IsSound(value) || NtfsFileName.IsShort(value))
        {
            return;
        }

        if (GuestName.IsUnsafe(NtfsFileName.Name(value)))
        {
            problems.Add(NtfsRecord.Damaged(reference.Record, "has a name that holds a slash or a zero, or is only dots"));
            return;
        }

        _isFull |= !Nodes.TryAdd(value, reference, facts);
    }

    async ValueTask AddPartsAsync(CancellationToken cancellationToken)
    {
        foreach (var number in _parts.TakeWhile(_ => !_isFull))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var file = await NtfsFile.LoadAsync(volume, number, cancellationToken).ConfigureAwait(false);
                var facts = await NtfsEntries.FactsAsync(volume, file, cancellationToken).ConfigureAwait(false);
                facts.IsPart = file.Problem is not null;
                foreach (var name in file.Values(NtfsAttributeType.FileName))
                {
                    AddName(name.Span, new NtfsReference(number, file.Record.Sequence), facts);
                }
            }
            catch (GuestFileException exception)
            {
                AddDamaged(exception, number);
            }
        }
    }

    async ValueTask<byte[]> ReadBitmapAsync(CancellationToken cancellationToken)
    {
        try
        {
            var mft = await NtfsFile.LoadAsync(volume, 0, cancellationToken).ConfigureAwait(false);
            return mft.Find(volume, NtfsAttributeType.Bitmap, "") is { } bitmap
                ? await volume.ReadAsync(bitmap, (int)(MaxRecords / 8), cancellationToken).ConfigureAwait(false)
                : [];
        }
        catch (GuestFileException exception)
        {
            problems.Add(exception);
            return [];
        }
    }

    void AddDamaged(GuestFileException exception, long number)
    {
        problems.Add(exception);
        Damaged.Add(number);
    }
}
