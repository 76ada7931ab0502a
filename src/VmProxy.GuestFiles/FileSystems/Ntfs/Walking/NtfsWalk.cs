using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>Everything on a volume, from one scan of its MFT, given in the order of the tree.</summary>
static class NtfsWalk
{
    /// <summary>Walks from the root; by listing one directory after the other where the volume has more names than can be kept.</summary>
    public static async IAsyncEnumerable<GuestWalkEntry> RootAsync(
        IGuestFileSystem fileSystem, NtfsVolume volume, NtfsEntry root, uint maxNames, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new NtfsScan(volume, problems, maxNames);
        if (!await scan.RunAsync(cancellationToken).ConfigureAwait(false))
        {
            scan = null;
        }

        var entries = scan is null
            ? GuestWalk.DepthFirstAsync(fileSystem, root, problems, cancellationToken)
            : TreeAsync(volume, scan, root.Reference, problems, cancellationToken);
        await foreach (var entry in entries.ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    /// <summary>The tree of the names. A name belongs to a directory when it tells the directory's record and its use; what no directory leads to is not given.</summary>
    static async IAsyncEnumerable<GuestWalkEntry> TreeAsync(
        NtfsVolume volume, NtfsScan scan, NtfsReference root, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        scan.Nodes.Link(volume.Mft.Count);
        var trail = new GuestTrail((ulong)root.Record, problems);
        var open = new Stack<Level>([new Level(root, scan.Nodes.FirstIn(root.Record))]);
        while (open.TryPeek(out var level))
        {
            if (!level.IsSought)
            {
                level.IsSought = true;
                foreach (var gone in await LostAsync(volume, scan, level, cancellationToken).ConfigureAwait(false))
                {
                    var place = trail.PathOf(gone.Name);
                    yield return new GuestWalkEntry(place, gone);
                    if (scan.Nodes.FirstIn(gone.Reference.Record) != 0 && trail.MayEnter(gone.Id, place))
                    {
                        level.Lost.Push((gone.Reference, gone.Name));
                    }
                }
            }

            if (level.Lost.TryPop(out var directory))
            {
                Enter(directory.Reference, directory.Name);
                continue;
            }

            if (level.Next == 0)
            {
                open.Pop();
                trail.Leave();
                continue;
            }

            var node = scan.Nodes[level.Next - 1];
            level.Next = node.Next;
            if (node.Parent.Sequence != level.Directory.Sequence)
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var name = scan.Nodes.NameOf(node);
            var entry = node.Facts.IsPart
                ? await NtfsEntries.ReadAsync(volume, node.Reference, name, cancellationToken).ConfigureAwait(false)
                : node.Facts.ToEntry(name, node.Reference, problem: null);
            var path = trail.PathOf(name);
            yield return new GuestWalkEntry(path, entry);
            if (entry.Kind == GuestEntryKind.Directory && trail.MayEnter(entry.Id, path))
            {
                Enter(node.Reference, name);
            }
        }

        void Enter(NtfsReference directory, string name)
        {
            open.Push(new Level(directory, scan.Nodes.FirstIn(directory.Record)));
            trail.Enter(name);
        }
    }

    /// <summary>Files whose records are damaged: only the directory's index still knows their names. It is looked at on a damaged volume only.</summary>
    static async ValueTask<IReadOnlyList<NtfsEntry>> LostAsync(NtfsVolume volume, NtfsScan scan, Level level, CancellationToken cancellationToken)
    {
        if (scan.Damaged.Count == 0)
        {
            return [];
        }

        var lost = new List<NtfsEntry>();
        try
        {
            var file = await NtfsFile.LoadAsync(volume, level.Directory.Record, cancellationToken).ConfigureAwait(false);
            await using var index = await NtfsIndex.OpenAsync(volume, file, cancellationToken).ConfigureAwait(false);
            // Damage of the index hides nothing from a walk by the MFT, and is told by whoever lists the directory.
            await foreach (var (name, reference) in NtfsDirectory.NamesAsync(index, new GuestProblems(), cancellationToken).ConfigureAwait(false))
            {
                if (scan.Damaged.Contains(reference.Record))
                {
                    lost.Add(await NtfsEntries.ReadAsync(volume, reference, name, cancellationToken).ConfigureAwait(false));
                }
            }
        }
        catch (GuestFileException)
        {
            // The directory itself is damaged, and has been told of.
        }

        return lost;
    }

    /// <summary>A directory on the way: where in it the walk is.</summary>
    sealed class Level(NtfsReference directory, uint first)
    {
        public NtfsReference Directory => directory;

        /// <summary>The next name in it: its index plus one, or 0.</summary>
        public uint Next { get; set; } = first;

        /// <summary>Whether its lost files were sought.</summary>
        public bool IsSought { get; set; }

        /// <summary>Its directories whose records are damaged and that are still to be entered.</summary>
        public Stack<(NtfsReference Reference, string Name)> Lost { get; } = [];
    }
}
