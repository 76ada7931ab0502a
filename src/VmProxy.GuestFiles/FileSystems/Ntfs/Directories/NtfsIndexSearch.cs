namespace VmProxy.GuestFiles;

/// <summary>
/// Looks a name up in a directory's B+ tree. Names that differ in case only can lie beside each other (made by Linux, or in case-sensitive directories): the very name
/// goes before another.
/// </summary>
sealed class NtfsIndexSearch(NtfsVolume volume, NtfsIndex index, string name)
{
    // A tree of this depth holds more names than a disk.
    const int MaxDepth = 24;
    const int MaxNodes = 1000;

    NtfsReference? _exact;
    NtfsReference? _folded;
    bool _isOrdered = true;
    int _nodes;

    /// <summary>The file of the name, or null.</summary>
    /// <exception cref="GuestFileException">The index is damaged where the name would be.</exception>
    public async ValueTask<NtfsReference?> FindAsync(CancellationToken cancellationToken)
    {
        if (index.IsCollated)
        {
            await NodeAsync(index.Root, 0, cancellationToken).ConfigureAwait(false);
        }

        if (_exact is null && _folded is null && (!index.IsCollated || !_isOrdered))
        {
            await ScanAsync(cancellationToken).ConfigureAwait(false);
        }

        return _exact ?? _folded;
    }

    async ValueTask NodeAsync(ReadOnlyMemory<byte> header, int depth, CancellationToken cancellationToken)
    {
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            throw index.Directory.Damaged("is that of a directory whose index leads in a circle");
        }

        foreach (var child in Children(header.Span))
        {
            if (_exact is null)
            {
                var buffer = new byte[index.BlockSize];
                var block = await index.ReadAsync(index.BlockOf(child), buffer, cancellationToken).ConfigureAwait(false);
                await NodeAsync(block, depth + 1, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Looks at a node's own names, and gives the children that can hold the name.</summary>
    List<long> Children(ReadOnlySpan<byte> header)
    {
        var children = new List<long>();
        var last = ReadOnlySpan<char>.Empty;
        var node = new NtfsIndexNode(header);
        while (node.MoveNext())
        {
            var order = -1;
            if (!node.IsEnd)
            {
                var key = NtfsFileName.Name(node.Key);
                _isOrdered &= volume.UpCase.Compare(last, key) <= 0;
                last = key;
                order = volume.UpCase.Compare(key, name);
                Take(node, order);
            }

            if ((order >= 0 || node.IsEnd) && node.Child is { } child)
            {
                children.Add(child);
            }

            if (order > 0)
            {
                return children;
            }
        }

        return node.IsDamaged ? throw index.Directory.Damaged("is that of a directory with an index entry that cannot be right") : children;
    }

    void Take(in NtfsIndexNode node, int order)
    {
        if (order != 0)
        {
            return;
        }

        _folded ??= node.Reference;
        if (NtfsFileName.Name(node.Key).SequenceEqual(name))
        {
            _exact = node.Reference;
        }
    }

    /// <summary>Looks at every name.</summary>
    async ValueTask ScanAsync(CancellationToken cancellationToken)
    {
        TakeAll(index.Root.Span);
        var buffer = new byte[index.BlockSize];
        for (long block = 0; block < index.Blocks && _exact is null; block++)
        {
            if (index.IsUsed(block))
            {
                TakeAll((await index.ReadAsync(block, buffer, cancellationToken).ConfigureAwait(false)).Span);
            }
        }
    }

    void TakeAll(ReadOnlySpan<byte> header)
    {
        var node = new NtfsIndexNode(header);
        while (node.MoveNext() && !node.IsEnd)
        {
            Take(node, volume.UpCase.Compare(NtfsFileName.Name(node.Key), name));
        }
    }
}
