using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A file of a VM, found from what the user writes: VOLUME:/path, or a path alone where exactly one volume has it. It owns the file system that it was found in.
/// </summary>
public sealed class GuestLocation : IAsyncDisposable
{
    GuestLocation(GuestVolume volume, IGuestFileSystem fileSystem, string path, GuestEntry entry)
    {
        Volume = volume;
        FileSystem = fileSystem;
        Path = path;
        Entry = entry;
    }

    /// <summary>The volume that has it.</summary>
    public GuestVolume Volume { get; }

    /// <summary>The volume's file system.</summary>
    public IGuestFileSystem FileSystem { get; }

    /// <summary>The path inside of the volume, as it was written.</summary>
    public string Path { get; }

    /// <summary>The file.</summary>
    public GuestEntry Entry { get; }

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
            ? await InVolumeAsync(volume, path, followLast, cancellationToken).ConfigureAwait(false)
                ?? throw new GuestFileException(GuestFileErrorCodes.NotFound, text, $"The volume {volume.Name} has no {path}.")
            : await AnywhereAsync(disks, path, followLast, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => FileSystem.DisposeAsync();

    static async ValueTask<GuestLocation?> InVolumeAsync(GuestVolume volume, string path, bool followLast, CancellationToken cancellationToken)
    {
        var fileSystem = await volume.OpenAsync(cancellationToken).ConfigureAwait(false);
        GuestEntry? entry = null;
        try
        {
            entry = await GuestPath.FindAsync(fileSystem, path, followLast, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (entry is null)
            {
                await fileSystem.DisposeAsync().ConfigureAwait(false);
            }
        }

        return entry is null ? null : new GuestLocation(volume, fileSystem, path, entry);
    }

    static async ValueTask<GuestLocation> AnywhereAsync(GuestDisks disks, string path, bool followLast, CancellationToken cancellationToken)
    {
        var found = new List<GuestLocation>();
        var failed = new List<GuestProblem>();
        GuestLocation? only = null;
        try
        {
            foreach (var volume in disks.Volumes.Where(volume => volume.IsReadable))
            {
                try
                {
                    if (await InVolumeAsync(volume, path, followLast, cancellationToken).ConfigureAwait(false) is { } location)
                    {
                        found.Add(location);
                    }
                }
                catch (GuestFileException exception)
                {
                    failed.Add(exception.ToProblem());
                }
            }

            return only = found.Count == 1 ? found[0] : throw NotOne(disks, path, found, failed);
        }
        finally
        {
            foreach (var location in found.Where(location => location != only))
            {
                await location.DisposeAsync().ConfigureAwait(false);
            }
        }
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
        return failed.Count == 0
            ? new GuestFileException(GuestFileErrorCodes.NotFound, path, searched)
            : new GuestFileException(GuestFileErrorCodes.NotFound, path, $"{searched} Not all could be searched: {failed[0].Message}", failed[0].ToException());
    }
}
