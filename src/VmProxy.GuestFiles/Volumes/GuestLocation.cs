using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A file of a VM, found from what the user writes: VOLUME:/path, or a path alone where exactly one volume has it; at the end FILE:STREAM for a named stream of NTFS, whose names hold no colon.
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

    /// <summary>The path inside of the volume, as it was written.</summary>
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
        return volume is not null
            ? await InVolumeAsync(disks, volume, path, followLast, cancellationToken).ConfigureAwait(false)
                ?? throw new GuestFileException(GuestFileErrorCodes.NotFound, text, $"The volume {volume.Name} has no {path}.")
            : await AnywhereAsync(disks, path, followLast, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The bytes of the file or stream. The caller disposes them, before the disks.</summary>
    /// <exception cref="GuestFileException">It is no file, or cannot be read.</exception>
    public ValueTask<IBlockDevice> OpenAsync(CancellationToken cancellationToken) => Stream is null
        ? FileSystem.OpenAsync(Entry, cancellationToken)
        : FileSystem.OpenStreamAsync(Entry, Stream.Name, cancellationToken);

    static async ValueTask<GuestLocation?> InVolumeAsync(GuestDisks disks, GuestVolume volume, string path, bool followLast, CancellationToken cancellationToken)
    {
        var fileSystem = await disks.FileSystemAsync(volume, cancellationToken).ConfigureAwait(false);
        if (await GuestPath.FindAsync(fileSystem, path, followLast, cancellationToken).ConfigureAwait(false) is { } entry)
        {
            return new GuestLocation(volume, fileSystem, path, entry, stream: null);
        }

        var colon = path.LastIndexOf(':');
        if (volume.Content.Kind != VolumeKind.Ntfs || colon < 0
            || await GuestPath.FindAsync(fileSystem, path[..colon], followLast, cancellationToken).ConfigureAwait(false) is not { } file)
        {
            return null;
        }

        var streams = await fileSystem.ListStreamsAsync(file, cancellationToken).ConfigureAwait(false);
        var stream = streams.FirstOrDefault(stream => string.Equals(stream.Name, path[(colon + 1)..], StringComparison.OrdinalIgnoreCase));
        return stream is null ? null : new GuestLocation(volume, fileSystem, path, file, stream);
    }

    static async ValueTask<GuestLocation> AnywhereAsync(GuestDisks disks, string path, bool followLast, CancellationToken cancellationToken)
    {
        var found = new List<GuestLocation>();
        var failed = new List<GuestProblem>();
        foreach (var volume in disks.Volumes.Where(volume => volume.IsReadable))
        {
            try
            {
                if (await InVolumeAsync(disks, volume, path, followLast, cancellationToken).ConfigureAwait(false) is { } location)
                {
                    found.Add(location);
                }
            }
            catch (GuestFileException exception)
            {
                failed.Add(exception.ToProblem());
            }
        }

        return found.Count == 1 ? found[0] : throw NotOne(disks, path, found, failed);
    }

    static GuestFileException NotOne(GuestDisks disks, string path, List<GuestLocation> found, List<GuestProblem> failed)
    {
        if (found.Count > 1)
        {
            var names = GuestDisks.Names(found.Select(location => location.Volume));
            return new GuestFileException(
                GuestFileErrorCodes.Ambiguous, path, $"Several volumes have {path}: {names}. Write the volume before it, such as {found[0].Volume.Name}:{path}.");
        }

        var searched = $"No volume has {path}. Searched: {GuestDisks.Names(disks.Volumes.Where(volume => volume.IsReadable))}.";
        return failed.Count == 1 && disks.Volumes.Count(volume => volume.IsReadable) == 1 ? failed[0].ToException()
            : failed.Count == 0
            ? new GuestFileException(GuestFileErrorCodes.NotFound, path, searched)
            : new GuestFileException(GuestFileErrorCodes.NotFound, path, $"{searched} Not all could be searched: {failed[0].Message}", failed[0].ToException());
    }
}
