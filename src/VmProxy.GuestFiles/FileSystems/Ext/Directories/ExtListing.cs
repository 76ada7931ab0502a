using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>Lists a directory: names by batches, so that the inodes of a batch are read in the order of their tables and given in the order of their names.</summary>
sealed class ExtListing(ExtVolume volume, ExtDirectory directory, uint number)
{
    /// <summary>Names that are resolved at once; a bound of memory (some 350 bytes each).</summary>
    const int MaxBatch = 32 * 1024;

    /// <summary>Names whose inodes are asked for ahead.</summary>
    const int Ahead = 64;

    readonly List<(uint Inode, string Name)> _names = [];
    int[] _order = [];
    uint[] _keys = [];

    public async IAsyncEnumerable<ExtEntry> EntriesAsync(GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var block in directory.BlocksAsync(cancellationToken).ConfigureAwait(false))
        {
            if (block.Problem is { } problem)
            {
                problems.Add(problem);
                continue;
            }

            Gather(block.Entries.Span, problems);
            if (_names.Count < MaxBatch)
            {
                continue;
            }

            foreach (var entry in await ResolveAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return entry;
            }
        }

        if (volume.FastCommits is { } commits)
        {
            _names.AddRange(commits.AddedTo(number).Select(added => (added.Value, added.Key)));
        }

        foreach (var entry in await ResolveAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    void Gather(ReadOnlySpan<byte> block, GuestProblems problems)
    {
        var entries = new ExtDirectoryEntries(block);
        var isEncrypted = directory.Flags.HasFlag(ExtInodeFlags.Encrypted);
        while (entries.MoveNext())
        {
            if (isEncrypted)
            {
                _names.Add((entries.Inode, ExtNoKeyName.Of(volume.Superblock, entries.Name)));
            }
            else if (entries.NameProblem is { } why)
            {
                problems.Add(volume.Damaged(directory.Subject, why));
            }
            else if (GuestName.FromBytes(entries.Name) is var name && volume.FastCommits?.Changes(number, name) is not true)
            {
                _names.Add((entries.Inode, name));
            }
        }

        if (entries.Problem is { } problem)
        {
            problems.Add(volume.Damaged(directory.Subject, problem));
        }
    }

    async ValueTask<ExtEntry[]> ResolveAsync(CancellationToken cancellationToken)
    {
        var entries = new ExtEntry[_names.Count];
        Sort();
        var ahead = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            for (; ahead < Math.Min(entries.Length, i + Ahead); ahead++)
            {
                volume.Inodes.Prefetch(_names[_order[ahead]].Inode);
            }

            cancellationToken.ThrowIfCancellationRequested();
            var (inode, name) = _names[_order[i]];
            entries[_order[i]] = await EntryAsync(volume, inode, name, cancellationToken).ConfigureAwait(false);
        }

        _names.Clear();
        return entries;
    }

    /// <summary>The entry of a name, also where its inode is damaged.</summary>
    public static async ValueTask<ExtEntry> EntryAsync(ExtVolume volume, uint number, string name, CancellationToken cancellationToken)
    {
        try
        {
            return ExtEntry.Of(volume, await volume.Inodes.ReadAsync(number, cancellationToken).ConfigureAwait(false), name);
        }
        catch (GuestFileException exception)
        {
            return ExtEntry.Broken(name, number, exception.ToProblem());
        }
    }

    void Sort()
    {
        var count = _names.Count;
        if (_order.Length < count)
        {
            (_order, _keys) = (new int[count], new uint[count]);
        }

        var isSorted = true;
        for (var i = 0; i < count; i++)
        {
            (_order[i], _keys[i]) = (i, _names[i].Inode);
            isSorted &= i == 0 || _keys[i] >= _keys[i - 1];
        }

        if (!isSorted)
        {
            Array.Sort(_keys, _order, 0, count);
        }
    }
}
