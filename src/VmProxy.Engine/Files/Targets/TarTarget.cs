using System.Formats.Tar;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// A tar archive in the form of POSIX (pax), written as it goes, with owners, modes, times, links, hard links, device nodes and pipes. Bytes of a name that are no text are written
/// as %XX; extended attributes are not kept.
/// </summary>
sealed class TarTarget(Stream stream) : IFileTarget
{
    readonly TarWriter _writer = new(stream, TarEntryFormat.Pax, leaveOpen: true);
    readonly ArchiveNames _names = new(SafeNames.Text, int.MaxValue, ignoresCase: false);
    bool _isEmpty = true;

    public bool HoldsHardLinks => true;

    public bool HoldsAttributes => false;

    public async ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        var type = TypeOf(item);
        if (type is not { } known)
        {
            return TargetAnswers.Special(item);
        }

        if (_names.Take(item, remarks, out var name) is { } refusal)
        {
            return refusal;
        }

        var entry = Facts(item, new PaxTarEntry(known, known == TarEntryType.Directory ? name + "/" : name), remarks);
        if (known == TarEntryType.HardLink)
        {
            entry.LinkName = _names.NameOf(item.SameAs!);
        }
        else if (known == TarEntryType.SymbolicLink)
        {
            entry.LinkName = Target(item, remarks);
        }
        else if (known is TarEntryType.CharacterDevice or TarEntryType.BlockDevice && item.Entry.DeviceNumber is { } device)
        {
            (entry.DeviceMajor, entry.DeviceMinor) = ((int)Math.Min(device.Major, 0x1F_FFFF), (int)Math.Min(device.Minor, 0x1F_FFFF));
        }
        else if (item.Content is { } content)
        {
            var small = await ArchiveItems.ReadSmallAsync(content, cancellationToken).ConfigureAwait(false);
            entry.DataStream = small is null ? new ContentStream(content) : new MemoryStream(small, writable: false);
        }

        try
        {
            _isEmpty = false;
            await _writer.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (ArchiveItems.IsOfTheEntry(exception))
        {
            throw ArchiveItems.Broken(item, exception);
        }
    }

    public async ValueTask CompleteAsync(Action<Failure> remarks, CancellationToken cancellationToken)
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        if (_isEmpty)
        {
            // The writer ends only what it has begun: without its two blocks it would be no archive.
            await stream.WriteAsync(new byte[1024], cancellationToken).ConfigureAwait(false);
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An archive that was given up gets no end: it must not look like a whole one.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    static TarEntryType? TypeOf(FileItem item) =>
        item.SameAs is not null ? TarEntryType.HardLink
        : item.LinkTarget is not null ? TarEntryType.SymbolicLink
        : item.Entry.Kind switch
        {
            GuestEntryKind.Directory => TarEntryType.Directory,
            GuestEntryKind.CharacterDevice => TarEntryType.CharacterDevice,
            GuestEntryKind.BlockDevice => TarEntryType.BlockDevice,
            GuestEntryKind.Pipe => TarEntryType.Fifo,
            _ => item.Content is null ? null : TarEntryType.RegularFile,
        };

    /// <summary>A link's target like the names in the archive, so that it still leads to what was renamed.</summary>
    static string Target(FileItem item, Action<Failure> remarks)
    {
        // Unlike a name, a target may have parts that are empty.
        var target = SafeNames.Text(item.LinkTarget!);
        if (target != item.LinkTarget)
        {
            remarks(TargetAnswers.AttributesLost(item, $"the target of the link, which is written as {target}"));
        }

        return target;
    }

    static PaxTarEntry Facts(FileItem item, PaxTarEntry entry, Action<Failure> remarks)
    {
        var guest = item.Entry;
        entry.Mode = (UnixFileMode)((guest.Mode ?? (guest.Kind == GuestEntryKind.Directory ? 0b111_101_101 : 0b110_100_100)) & 0b111_111_111_111);
        entry.Uid = (int)Math.Min(guest.Owner ?? 0, int.MaxValue);
        entry.Gid = (int)Math.Min(guest.Group ?? 0, int.MaxValue);
        var time = ArchiveTime.Nearest(guest.Modified, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, out var lost);
        entry.ModificationTime = time;
        lost = guest.Owner > int.MaxValue || guest.Group > int.MaxValue ? $"{lost}{(lost is null ? "" : ", ")}owner or group (a number too large)" : lost;
        if (lost is not null)
        {
            remarks(TargetAnswers.AttributesLost(item, lost));
        }

        return entry;
    }
}
