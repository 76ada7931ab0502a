namespace VmProxy.GuestFiles;

/// <summary>Finds files by path, following links inside the volume and never out of it.</summary>
public static class GuestPath
{
    const int MaxLinks = 40;

    /// <summary>
    /// The entry at a path, or null. Parts are separated by slashes, where the file system is of Windows or DOS also by backslashes. Links on the way are followed; an absolute one, and a drive's letter, mean
    /// the root of this volume.
    /// </summary>
    /// <param name="fileSystem">Where to look.</param>
    /// <param name="path">The path from the root; empty means the root.</param>
    /// <param name="followLast">Whether a link at the end is followed too.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="GuestFileException">A directory on the way is damaged, is none, or links lead in a circle.</exception>
    public static async ValueTask<GuestEntry?> FindAsync(IGuestFileSystem fileSystem, string path, bool followLast, CancellationToken cancellationToken) =>
        (await WayAsync(fileSystem, path, followLast, cancellationToken).ConfigureAwait(false))?.Peek();

    /// <summary>As <see cref="FindAsync"/>, with the path as the file system itself has it: from the root, by slashes, in the case of its names, without links and dots.</summary>
    /// <exception cref="GuestFileException">As <see cref="FindAsync"/>.</exception>
    public static async ValueTask<(string Path, GuestEntry Entry)?> LocateAsync(
        IGuestFileSystem fileSystem, string path, bool followLast, CancellationToken cancellationToken) =>
        await WayAsync(fileSystem, path, followLast, cancellationToken).ConfigureAwait(false) is { } way
            ? ("/" + string.Join('/', way.Reverse().Skip(1).Select(entry => entry.Name)), way.Peek()) : null;

    /// <summary>The entries from the one at the path up to the root, or null.</summary>
    static async ValueTask<Stack<GuestEntry>?> WayAsync(IGuestFileSystem fileSystem, string path, bool followLast, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(path);
        var links = 0;
        var way = new Stack<GuestEntry>([fileSystem.Root]);
        var left = new Stack<string>(Parts(fileSystem, path).Reverse());
        while (left.TryPop(out var part))
        {
            if (part == "..")
            {
                if (way.Count > 1)
                {
                    way.Pop();
                }

                continue;
            }

            if (way.Peek().Kind != GuestEntryKind.Directory)
            {
                return null;
            }

            if (await fileSystem.FindAsync(way.Peek(), part, cancellationToken).ConfigureAwait(false) is not { } entry)
            {
                return null;
            }

            if (entry.Kind is not (GuestEntryKind.SymbolicLink or GuestEntryKind.Junction) || (left.Count == 0 && !followLast))
            {
                way.Push(entry);
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new GuestFileException(GuestFileErrorCodes.LinkLoop, path, $"The way to {path} leads through more than {MaxLinks} links.");
            }

            var target = await fileSystem.ReadLinkAsync(entry, cancellationToken).ConfigureAwait(false);
            if (IsAbsolute(fileSystem, ref target))
            {
                way = new Stack<GuestEntry>([fileSystem.Root]);
            }

            foreach (var step in Parts(fileSystem, target).Reverse())
            {
                left.Push(step);
            }
        }

        return way;
    }

    static IEnumerable<string> Parts(IGuestFileSystem fileSystem, string path) =>
        path.Split(fileSystem.Info.IgnoresCase ? ['/', '\\'] : ['/'], StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");

    /// <summary>Whether a target begins at a root; what stands for the root (\??\C:) is taken off.</summary>
    static bool IsAbsolute(IGuestFileSystem fileSystem, ref string target)
    {
        if (!fileSystem.Info.IgnoresCase)
        {
            return target.StartsWith('/');
        }

        if (target.StartsWith(@"\??\", StringComparison.Ordinal))
        {
            target = target[4..];
        }

        if (target.Length >= 2 && char.IsAsciiLetter(target[0]) && target[1] == ':')
        {
            target = target[2..];
            return true;
        }

        return target.StartsWith('\\') || target.StartsWith('/');
    }
}
