using System.IO.Compression;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// A zip archive, written as it goes. It is made to be unpacked anywhere: names that Windows would refuse or take for a device are written with %XX. It keeps modes and modification times (to two
/// seconds, 1980 to 2107); a further hard link is stored as a file of its own.
/// </summary>
sealed class ZipTarget(Stream stream) : IFileTarget
{
    const int FileType = 0x8000;
    const int DirectoryType = 0x4000;
    const int LinkType = 0xA000;

    static readonly DateTimeOffset First = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Last = new(2107, 12, 31, 23, 59, 58, TimeSpan.Zero);

    readonly ZipArchive _archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
    readonly ArchiveNames _names = new(SafeNames.Portable, ushort.MaxValue, ignoresCase: true);

    public bool HoldsHardLinks => false;

    public bool HoldsAttributes => false;

    public async ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        if (item is { Content: null, LinkTarget: null, Entry.Kind: not GuestEntryKind.Directory })
        {
            return TargetAnswers.Special(item);
        }

        if (_names.Take(item, remarks, out var name) is { } refusal)
        {
            return refusal;
        }

        var time = ArchiveTime.Nearest(item.Entry.Modified, First, Last, out var lost);
        if (lost is not null)
        {
            remarks(TargetAnswers.AttributesLost(item, lost));
        }

        if (item.Entry.Kind == GuestEntryKind.Directory)
        {
            Begin(item, name + "/", time, DirectoryType, 0b111_101_101, CompressionLevel.NoCompression);
            return null;
        }

        if (item.LinkTarget is { } target)
        {
            var link = await Begin(item, name, time, LinkType, 0b111_111_111, CompressionLevel.NoCompression).OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (link.ConfigureAwait(false))
            {
                await link.WriteAsync(GuestName.ToBytes(target), cancellationToken).ConfigureAwait(false);
            }

            return null;
        }

        var small = await ArchiveItems.ReadSmallAsync(item.Content!, cancellationToken).ConfigureAwait(false);
        var file = await Begin(item, name, time, FileType, 0b110_100_100, CompressionLevel.Fastest).OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            if (small is not null)
            {
                await file.WriteAsync(small, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await CopyAsync(item, file, cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    public async ValueTask CompleteAsync(Action<Failure> remarks, CancellationToken cancellationToken)
    {
        await _archive.DisposeAsync().ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An archive that was given up is not completed: it must not look like a whole one.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    static async ValueTask CopyAsync(FileItem item, Stream file, CancellationToken cancellationToken)
    {
        try
        {
            await ContentPieces.ReadAsync(item.Content!, skipsHoles: false, (_, piece) => file.WriteAsync(piece, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (ArchiveItems.IsOfTheEntry(exception))
        {
            throw ArchiveItems.Broken(item, exception);
        }
    }

    ZipArchiveEntry Begin(FileItem item, string name, DateTimeOffset time, int type, int defaultMode, CompressionLevel level)
    {
        var entry = _archive.CreateEntry(name, level);
        entry.LastWriteTime = time;
        // The upper half is Unix's mode, in the lower one bit 4 is the directory of DOS (Info-ZIP's application note).
        entry.ExternalAttributes = ((type | (item.Entry.Mode ?? defaultMode)) << 16) | (type == DirectoryType ? 0x10 : 0);
        return entry;
    }
}
