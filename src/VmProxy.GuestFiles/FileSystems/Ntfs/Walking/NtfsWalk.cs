using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>Everything on a volume, from one scan of its MFT, given in the order of the tree.</summary>
static class NtfsWalk
{
    /// <summary>Walks from the root. A name belongs to a directory when it tells the directory's record and its use; what no directory leads to is not given.</summary>
    public static async IAsyncEnumerable<GuestWalkEntry> RootAsync(
        NtfsVolume volume, NtfsReference root, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new NtfsScan(volume, problems);
        await scan.RunAsync(cancellationToken).ConfigureAwait(false);
        scan.Nodes.Link(volume.Mft.Count);
        var entered = new HashSet<ulong> { (ulong)root.Record };
        var open = new Stack<Level>([new Level(root, scan.Nodes.FirstIn(root.Record), "")]);
        var lost = await LostAsync(volume, scan, open.Peek(), cancellationToken).ConfigureAwait(false);
        while (open.TryPop(out var level))
        {
            if (lost.TryPop(out var gone))
            {
                yield return gone;
                open.Push(level);
                if (scan.Nodes.FirstIn((long)gone.Entry.Id) is not 0 and var orphan && MayEnter(entered, open.Count, gone.Entry.Id, gone.Path, problems))
                {
                    open.Push(new Level(((NtfsEntry)gone.Entry).Reference, orphan, gone.Path + "/"));
                }

                continue;
            }

            if (level.Next == 0)
            {
                continue;
            }

            var node = scan.Nodes[level.Next - 1];
            open.Push(level with { Next = node.Next });
            if (node.Parent.Sequence != level.Directory.Sequence)
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var name = scan.Nodes.NameOf(node);
            var entry = node.Facts.IsPart
                ? await NtfsEntries.ReadAsync(volume, node.Reference, name, cancellationToken).ConfigureAwait(false)
                : node.Facts.ToEntry(name, node.Reference, problem: null);
            var path = level.Prefix + name;
            yield return new GuestWalkEntry(path, entry);
            if (entry.Kind == GuestEntryKind.Directory && MayEnter(entered, open.Count, entry.Id, path, problems))
            {
                var inside = new Level(node.Reference, scan.Nodes.FirstIn(node.Reference.Record), path + "/");
                open.Push(inside);
                lost = await LostAsync(volume, scan, inside, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    static bool MayEnter(HashSet<ulong> entered, int depth, ulong directory, string path, GuestProblems problems)
    {
        if (!entered.Add(directory))
        {
            problems.Add(GuestFileException.Damaged(path, $"The directory {path} leads to one that lies in another place already: it is not entered again."));
            return false;
        }

        if (depth >= GuestWalk.MaxDepth)
        {
            problems.Add(GuestFileException.Damaged(path, $"The directory {path} lies deeper than {GuestWalk.MaxDepth} others: it is not entered."));
            return false;
        }

        return true;
    }

    /// <summary>Files whose records are damaged: only the directory's index still knows their names. It is looked at on a damaged volume only.</summary>
    static async ValueTask<Stack<GuestWalkEntry>> LostAsync(NtfsVolume volume, NtfsScan scan, Level level, CancellationToken cancellationToken)
    {
        var lost = new Stack<GuestWalkEntry>();
        if (scan.Damaged.Count == 0)
        {
            return lost;
        }

        try
        {
            var file = await NtfsFile.LoadAsync(volume, level.Directory.Record, cancellationToken).ConfigureAwait(false);
            await using var index = await NtfsIndex.OpenAsync(volume, file, cancellationToken).ConfigureAwait(false);
            // Damage of the index hides nothing from a walk by the MFT, and is told by whoever lists the directory.
            await foreach (var (name, reference) in NtfsDirectory.NamesAsync(index, new GuestProblems(), cancellationToken).ConfigureAwait(false))
            {
                if (scan.Damaged.Contains(reference.Record))
                {
                    lost.Push(new GuestWalkEntry(level.Prefix + name, await NtfsEntries.ReadAsync(volume, reference, name, cancellationToken).ConfigureAwait(false)));
                }
            }
        }
        catch (GuestFileException)
        {
            // The directory itself is damaged, and has been told of.
        }

        return lost;
    }

    readonly record struct Level(NtfsReference Directory, uint Next, string Prefix);
}
