using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A file of a VM, found from what the user writes: VOLUME:/path, or a path alone where exactly one volume has it; at the end FILE:STREAM for a named stream of NTFS, whose names hold no colon.
/// A volume's name alone, which no volume has as a path, is its root.
/// </summary>
public sealed class GuestLocation
{
    GuestLocation(GuestVolume volume, IGuestFileSystem fileSystem, string path, GuestEntry entry, GuestStream? stream)
    {
        Volume = volume;
        FileSystem = fileSystem;
        Path = path;
        Entry = entry;
        Stream = stream;
    }

    /// <summary>The volume that has it.</summary>
    public GuestVolume Volume { get; }

    /// <summary>The volume's file system; the disks' own.</summary>
    public IGuestFileSystem FileSystem { get; }

    /// <summary>The path inside of the volume as the file system has it (<see cref="GuestPath.LocateAsync"/>), without the stream.</summary>
    public string Path { get; }

    /// <summary>The file.</summary>
    public GuestEntry Entry { get; }

    /// <summary>The named stream that was asked for, or null for the file itself.</summary>
    public GuestStream? Stream { get; }

    /// <summary>Divides a text into volume and path. What stands before the first colon is a volume only if there is one of that name; otherwise all of it is a path.</summary>
    public static (GuestVolume? Volume, string Path) Parse(GuestDisks disks, string text)
    {
        ArgumentNullException.ThrowIfNull(disks);
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var volume = colon < 0 ? null : disks.TryFind(text[..colon]);
        return volume is null ? (null, text) : (volume, text[(colon + 1)..]);
    }

    /// <summary>Finds the file.</summary>
    /// <param name="disks">Where to look.</param>
    /// <param name="text">VOLUME:/path, or a path.</param>
    /// <param name="followLast">Whether a link at the end of the path is followed.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="GuestFileException">
    /// No volume has it (<see cref="GuestFileErrorCodes.NotFound"/>), several have it (<see cref="GuestFileErrorCodes.Ambiguous"/>, naming them), or the volume that was named
    /// cannot be read.
    /// </exception>
    /// <exception cref="BlockDeviceException">The disk could not be read.</exception>
    public static async ValueTask<GuestLocation> ResolveAsync(GuestDisks disks, string text, bool followLast, CancellationToken cancellationToken)
    {
        var (volume, path) = Parse(disks, text);
        return volume is null
            ? await AnywhereAsync(disks, path, followLast, cancellationToken).ConfigureAwait(false)
            : await InVolumeAsync(disks, volume, path, followLast, cancellationToken).ConfigureAwait(false)
                ?? throw await DanglingAsync(disks, volume, path, cancellationToken).ConfigureAwait(false)
                ?? new GuestFileException(GuestFileErrorCodes.NotFound, text, $"The volume {volume.Name} has no {path}.");
    }

    /// <summary>The bytes of the file or stream. The caller disposes them, before the disks.</summary>
    /// <exception cref="GuestFileException">It is no file, or cannot be read.</exception>
    public ValueTask<IBlockDevice> OpenAsync(CancellationToken cancellationToken) => Stream is null
        ? FileSystem.OpenAsync(Entry, cancellationToken)
        : FileSystem.OpenStreamAsync(Entry, Stream.Name, cancellationToken);

    static async ValueTask<GuestLocation?> InVolumeAsync(GuestDisks disks, GuestVolume volume, string path, bool followLast, CancellationToken cancellationToken)
    {
        var fileSystem = await disks.FileSystemAsync(volume, cancellationToken).ConfigureAwait(false);
        if (await GuestPath.LocateAsync(fileSystem, path, followLast, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return new GuestLocation(volume, fileSystem, found.Path, found.Entry, stream: null);
        }

        var colon = path.LastIndexOf(':');
        if (volume.Content.Kind != VolumeKind.Ntfs || colon < 0
            || await GuestPath.LocateAsync(fileSystem, path[..colon], followLast, cancellationToken).ConfigureAwait(false) is not { } file)
        {
            return null;
        }

        var streams = await fileSystem.ListStreamsAsync(file.Entry, cancellationToken).ConfigureAwait(false);
        var stream = streams.FirstOrDefault(stream => string.Equals(stream.Name, path[(colon + 1)..], StringComparison.OrdinalIgnoreCase));
        return stream is null ? null : new GuestLocation(volume, fileSystem, file.Path, file.Entry, stream);
    }

    /// <summary>What is told of a link that leads to nothing; null where the path names no link.</summary>
    static async ValueTask<GuestFileException?> DanglingAsync(GuestDisks disks, GuestVolume volume, string path, CancellationToken cancellationToken)
    {
        var fileSystem = await disks.FileSystemAsync(volume, cancellationToken).ConfigureAwait(false);
        return await GuestPath.FindAsync(fileSystem, path, followLast: false, cancellationToken).ConfigureAwait(false)
            is { Kind: GuestEntryKind.SymbolicLink or GuestEntryKind.Junction } link
            ? new GuestFileException(
                GuestFileErrorCodes.NotFound, path,
                $"{path} is a link that leads to nowhere: the volume {volume.Name} has no {await fileSystem.ReadLinkAsync(link, cancellationToken).ConfigureAwait(false)}.")
            : null;
    }

    static async ValueTask<GuestLocation> AnywhereAsync(GuestDisks disks, string path, bool followLast, CancellationToken cancellationToken)
    {
        var found = new List<GuestLocation>();
        var failed = new List<GuestProblem>();
        GuestFileException? dangling = null;
        foreach (var volume in disks.Volumes.Where(volume => volume.IsReadable))
        {
            try
            {
                if (await InVolumeAsync(disks, volume, path, followLast, cancellationToken).ConfigureAwait(false) is { } location)
                {
                    found.Add(location);
                }
                else
                {
                    dangling ??= await DanglingAsync(disks, volume, path, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (GuestFileException exception)
            {
                failed.Add(exception.ToProblem());
            }
        }

        return found.Count switch
        {
            1 => found[0],
            > 1 => throw new GuestFileException(
                GuestFileErrorCodes.Ambiguous, path, $"Several volumes have {path}: {GuestDisks.Names(found.Select(location => location.Volume))}."),
            _ when dangling is not null => throw dangling,
            _ when disks.TryFind(path) is { } volume =>
                (await InVolumeAsync(disks, volume, "/", followLast, cancellationToken).ConfigureAwait(false))!,
            _ when VolumeMeant(path) is { } name => throw disks.NoVolume(name),
            _ => throw Nowhere(disks, path, failed),
        };
    }

    /// <summary>What stands where a volume's name would, as in p9:/etc; null where nothing does.</summary>
    static string? VolumeMeant(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var isVolume = colon > 0 && text[0] is not ('/' or '\\') && (colon == text.Length - 1 || text[colon + 1] is '/' or '\\');
        return isVolume ? text[..colon] : null;
    }

    /// <summary>What is told of a path that no volume has: where it was looked for, and which volumes could not be looked at, and why.</summary>
    static GuestFileException Nowhere(GuestDisks disks, string path, List<GuestProblem> failed)
    {
        var searched = disks.Volumes.Where(volume => volume.IsReadable).ToList();
        var closed = disks.Volumes.Where(volume => !volume.IsReadable && volume.Problem is not null).Select(volume => volume.Problem!).Concat(failed).ToList();
        if (closed is [var only] && searched.Count == failed.Count)
        {
            return only.ToException();
        }

        var told = (searched.Count == 0 ? $"There is no volume to look for {path} in." : $"No volume has {path}. Searched: {GuestDisks.Names(searched)}.")
            + (closed.Count == 0 ? "" : $" Not all could be searched: {string.Join(' ', closed.Take(5).Select(problem => problem.Message))}");
        return new GuestFileException(GuestFileErrorCodes.NotFound, path, told, failed.Count == 0 ? null : failed[0].ToException());
    }
}
