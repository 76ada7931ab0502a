using System.Buffers.Binary;
using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>
/// Whether $LogFile was closed. It is not replayed, and which files it concerns is not told: without a replay, records that are older on the disk than in the log look like any
/// other. Facts: the documentation of the Linux-NTFS project on $LogFile, and what Linux's ntfs3 reads.
/// </summary>
sealed class NtfsLog
{
    const int RestartBytes = 0x30;
    const ushort VolumeIsClean = 2;
    const ushort NoClient = 0xFFFF;

    NtfsLog(bool isClean, string? problem = null) => (IsClean, Problem) = (isClean, problem);

    /// <summary>Whether it holds nothing that is not on the disk.</summary>
    public bool IsClean { get; }

    /// <summary>Why the log could not be read, or null.</summary>
    public string? Problem { get; }

    /// <summary>Looks at the log.</summary>
    public static async ValueTask<NtfsLog> ReadAsync(NtfsVolume volume, CancellationToken cancellationToken)
    {
        try
        {
            var file = await NtfsFile.LoadAsync(volume, NtfsMetafiles.LogFile, cancellationToken).ConfigureAwait(false);
            var data = file.Find(volume, NtfsAttributeType.Data, "") ?? throw file.Record.Damaged("is that of $LogFile, and has no data");
            await using var content = volume.Open(data, "$LogFile");
            return new NtfsLog(await IsClosedAsync(content, cancellationToken).ConfigureAwait(false));
        }
        catch (GuestFileException exception)
        {
            return new NtfsLog(isClean: false, exception.Message);
        }
    }

    static async ValueTask<bool> IsClosedAsync(Blocks.IBlockDevice content, CancellationToken cancellationToken)
    {
        var head = new byte[(int)Math.Min(content.Length, RestartBytes)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (head.Length < RestartBytes || head.AsSpan().IndexOfAnyExcept((byte)0xFF) < 0)
        {
            // Emptied, as Linux does when it mounts a volume.
            return true;
        }

        var pageSize = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(16));
        if (pageSize is < 512 or > 65536 || !BitOperations.IsPow2(pageSize) || content.Length < 2 * pageSize)
        {
            throw GuestFileException.Damaged("$LogFile", "The first restart page of $LogFile is damaged.");
        }

        // Two restart pages are written in turn: the one that was written last counts.
        var pages = new[] { await RestartAsync(content, 0, (int)pageSize, cancellationToken).ConfigureAwait(false), await RestartAsync(content, pageSize, (int)pageSize, cancellationToken).ConfigureAwait(false) };
        var last = pages.OfType<Restart>().OrderByDescending(page => page.Lsn).FirstOrDefault()
            ?? throw GuestFileException.Damaged("$LogFile", "Both restart pages of $LogFile are damaged.");
        return last.IsClosed;
    }

    static async ValueTask<Restart?> RestartAsync(Blocks.IBlockDevice content, long offset, int pageSize, CancellationToken cancellationToken)
    {
        var page = new byte[pageSize];
        await content.ReadAsync(offset, page, cancellationToken).ConfigureAwait(false);
        var isRestart = page.AsSpan().StartsWith("RSTR"u8) || page.AsSpan().StartsWith("CHKD"u8);
        if (!isRestart || !NtfsFixups.TryApply(page))
        {
            return null;
        }

        var area = BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(24));
        if (area > pageSize - RestartBytes)
        {
            return null;
        }

        var bytes = page.AsSpan(area);
        var isClosed = (BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]) & VolumeIsClean) != 0 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]) == NoClient;
        return new Restart(BinaryPrimitives.ReadInt64LittleEndian(bytes), isClosed || page.AsSpan().StartsWith("CHKD"u8));
    }

    sealed record Restart(long Lsn, bool IsClosed);
}
