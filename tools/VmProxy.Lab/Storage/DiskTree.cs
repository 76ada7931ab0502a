namespace VmProxy.Lab.Storage;

/// <summary>
/// All links of one virtual disk: the base, and a redo log for every snapshot and for the running leaf. A snapshot pins the link
/// that it froze; what nothing pins any more is merged into the link below it, and its room is freed only after that.
/// Safe for concurrent use.
/// </summary>
internal sealed class DiskTree(FlatLayer root, SpaceAccount space) : IDisposable
{
    const int CopySize = 1 << 20;

    readonly Lock _gate = new();
    readonly Dictionary<string, DiskLayer> _pins = [];
    readonly List<DiskLayer> _layers = [root];
    DiskLayer _leaf = root;
    TreeView _view = new(root, [root], new Dictionary<string, DiskLayer>());

    public FlatLayer Root => root;

    public DiskLayer Leaf => View.Leaf;

    public long Length => root.Length;

    public SpaceAccount Space => space;

    /// <summary>True while some link could be merged or deleted.</summary>
    public bool ConsolidationNeeded => View is var view && view.Layers.Any(layer => view.IsDead(layer, root) || view.MergeableChild(layer) is not null);

    public IReadOnlyList<DiskLayer> Layers => View.Layers;

    /// <summary>The tree as last published: inventory reads must not wait for a merge.</summary>
    TreeView View => Volatile.Read(ref _view);

    /// <summary>The link that a snapshot froze.</summary>
    public DiskLayer Pinned(string snapshot) => View.Pins[snapshot];

    public void Read(long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            _leaf.Read(offset, buffer);
        }
    }

    public void Read(DiskLayer layer, long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            layer.Read(offset, buffer);
        }
    }

    /// <summary>Writes as the guest does: into the leaf. <paramref name="written"/> runs before any other read or write.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data, Action? written = null)
    {
        lock (_gate)
        {
            if (_leaf.Readers > 0)
            {
                throw new FileLockedException(_leaf.Files.DatastorePath);
            }

            _leaf.Write(offset, data);
            written?.Invoke();
        }
    }

    /// <summary>Freezes the leaf for a snapshot and redirects writes into a new redo log.</summary>
    public void Freeze(string snapshot, Action? frozen = null)
    {
        lock (_gate)
        {
            var delta = DeltaLayer.Create(NextFiles(), _leaf, space);
            _layers.Add(delta);
            _pins.Add(snapshot, _leaf);
            _leaf = delta;
            frozen?.Invoke();
            Publish();
        }
    }

    /// <summary>Makes the disk what it was at the snapshot; the abandoned leaf goes unless something needs it.</summary>
    public void Revert(string snapshot)
    {
        lock (_gate)
        {
            var delta = DeltaLayer.Create(NextFiles(), _pins[snapshot], space);
            _layers.Add(delta);
            _leaf = delta;
            Publish();
            DeleteDead();
        }
    }

    /// <summary>The snapshot no longer needs its link. Follow with <see cref="Consolidate"/>.</summary>
    public void Release(string snapshot)
    {
        lock (_gate)
        {
            _pins.Remove(snapshot);
            Publish();
        }
    }

    /// <summary>Merges and deletes all that can be; throws <see cref="FileLockedException"/> when a reader forbids the rest.</summary>
    public void Consolidate()
    {
        lock (_gate)
        {
            DeleteDead();
            DiskLayer? blocked = null;
            foreach (var layer in _layers.ToArray())
            {
                while (_layers.Contains(layer) && MergeableChild(layer) is { } child)
                {
                    if (layer.Readers > 0 || child.Readers > 0)
                    {
                        blocked = layer;
                        break;
                    }

                    Merge(child, layer);
                }
            }

            blocked ??= _layers.Find(IsDead);
            if (blocked is not null)
            {
                throw new FileLockedException(blocked.Files.DatastorePath);
            }
        }
    }

    /// <summary>
    /// Opens a link and those below it for another VM: they are not merged or deleted until closed. False when the link has gone.
    /// </summary>
    public bool TryOpen(DiskLayer layer)
    {
        lock (_gate)
        {
            if (!_layers.Contains(layer))
            {
                return false;
            }

            CountReaders(layer, 1);
            return true;
        }
    }

    public void Close(DiskLayer layer)
    {
        lock (_gate)
        {
            CountReaders(layer, -1);
        }
    }

    /// <summary>The stretches that the chain under a link holds, joined to whole blocks.</summary>
    public List<ByteRange> Allocated(DiskLayer layer, int block)
    {
        lock (_gate)
        {
            return ByteRange.Union(Chain(layer).SelectMany(link => link.Allocated()).Select(range => range.Align(block, layer.Length)));
        }
    }

    /// <summary>The link and those below it, top first.</summary>
    public static IEnumerable<DiskLayer> Chain(DiskLayer layer)
    {
        for (var link = layer; link is not null; link = link.Parent)
        {
            yield return link;
        }
    }

    public void Extend(long length)
    {
        lock (_gate)
        {
            if (_leaf != root)
            {
                throw new InvalidOperationException($"{root.Files.DatastorePath} has snapshots and cannot grow.");
            }

            root.Extend(length);
        }
    }

    /// <summary>Moves all links to another datastore; <see cref="FileLockedException"/> when somebody else holds one open.</summary>
    public void MoveTo(string folder, string datastoreFolder, SpaceAccount target)
    {
        lock (_gate)
        {
            if (_layers.Find(layer => layer.Readers > 0) is { } held)
            {
                throw new FileLockedException(held.Files.DatastorePath);
            }

            if (_layers.Sum(layer => layer.SpaceUsed) > target.Free)
            {
                throw new DatastoreFullException(target.Name, root.Files.DatastorePath);
            }

            // The base first: each link names the one below it.
            foreach (var layer in _layers)
            {
                layer.MoveTo(layer.Files with { Folder = folder, DatastoreFolder = datastoreFolder }, target);
            }

            space = target;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _layers.ForEach(layer => layer.Dispose());
        }
    }

    static void CountReaders(DiskLayer layer, int change)
    {
        foreach (var link in Chain(layer))
        {
            link.Readers += change;
        }
    }

    bool IsDead(DiskLayer layer) => View.IsDead(layer, root);

    DiskLayer? MergeableChild(DiskLayer layer) => View.MergeableChild(layer);

    void Publish() => Volatile.Write(ref _view, new TreeView(_leaf, [.. _layers], new Dictionary<string, DiskLayer>(_pins)));

    void DeleteDead()
    {
        while (_layers.Find(layer => IsDead(layer) && layer.Readers == 0) is { } dead)
        {
            _layers.Remove(dead);
            Publish();
            dead.Delete();
        }
    }

    void Merge(DiskLayer child, DiskLayer into)
    {
        var buffer = new byte[CopySize];
        foreach (var range in child.Allocated())
        {
            for (var offset = range.Start; offset < range.End; offset += CopySize)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(CopySize, range.End - offset));
                child.Read(offset, piece);
                into.Write(offset, piece);
            }
        }

        into.Adopt(child);
        foreach (var grandchild in _layers.Where(layer => layer.Parent == child))
        {
            grandchild.Rebase(into);
        }

        foreach (var snapshot in _pins.Where(pin => pin.Value == child).Select(pin => pin.Key).ToArray())
        {
            _pins[snapshot] = into;
        }

        _leaf = _leaf == child ? into : _leaf;
        _layers.Remove(child);
        Publish();
        child.Delete();
    }

    LayerFiles NextFiles()
    {
        var number = 1;
        while (_layers.Exists(layer => layer.Files.Name == $"{root.Files.Name}-{number:D6}"))
        {
            number++;
        }

        return root.Files with { Name = $"{root.Files.Name}-{number:D6}", Suffix = "delta" };
    }

    /// <summary>One state of the tree.</summary>
    sealed record TreeView(DiskLayer Leaf, DiskLayer[] Layers, Dictionary<string, DiskLayer> Pins)
    {
        public bool IsDead(DiskLayer layer, DiskLayer root) =>
            layer != root && layer != Leaf && !Pins.ContainsValue(layer) && !Array.Exists(Layers, other => other.Parent == layer);

        /// <summary>The only child of a link that nothing pins.</summary>
        public DiskLayer? MergeableChild(DiskLayer layer)
        {
            if (layer == Leaf || Pins.ContainsValue(layer))
            {
                return null;
            }

            var children = Array.FindAll(Layers, other => other.Parent == layer);
            return children is [var only] ? only : null;
        }
    }
}
