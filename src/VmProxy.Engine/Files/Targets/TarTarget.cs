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
    bool _isEmpty = true;

    public bool HoldsHardLinks => true;

    public bool HoldsAttributes => false;

    public async ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        if (SafeNames.Refuse(item.Path) is { } refusal)
        {
            return refusal;
        }

        var type = TypeOf(item);
        if (type is not { } known)
        {
            return TargetAnswers.Special(item);
        }

        var name = SafeNames.Text(item.Path);
        if (name != item.Path)
        {
            remarks(TargetAnswers.RenamedTo(item, name));
        }

        var entry = Facts(item, new PaxTarEntry(known, known == TarEntryType.Directory ? name + "/" : name));
        if (known is TarEntryType.SymbolicLink or TarEntryType.HardLink)
        {
            entry.LinkName = SafeNames.Text(item.SameAs ?? item.LinkTarget!);
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
        catch (Exception exception) when (ArchiveItems.IsReadFailure(exception))
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

    static PaxTarEntry Facts(FileItem item, PaxTarEntry entry)
    {
        var guest = item.Entry;
        entry.Mode = (UnixFileMode)(guest.Mode ?? (guest.Kind == GuestEntryKind.Directory ? 0b111_101_101 : 0b110_100_100));
        entry.Uid = (int)Math.Min(guest.Owner ?? 0, int.MaxValue);
        entry.Gid = (int)Math.Min(guest.Group ?? 0, int.MaxValue);
        var modified = guest.Modified?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch;
        entry.ModificationTime = modified < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : modified;
        return entry;
    }
}
