namespace VmProxy.Vsphere;

/// <summary>Names and parents of what contains other objects; answers where an object lies.</summary>
sealed class InventoryTree(ObjectId root)
{
    // A tree of folders is not this deep; a server that sends a ring must not hang the reader.
    const int MaximumDepth = 256;

    readonly Dictionary<ObjectId, (string Name, ObjectId? Parent)> _nodes = [];
    readonly Dictionary<ObjectId, Datacenter> _datacenters = [];

    public void Add(PropertySet properties) => _nodes[properties.Id] = (properties.Text("name") ?? properties.Id.Value, properties.Reference("parent"));

    /// <summary>The datacenters, once all nodes are known.</summary>
    public IReadOnlyList<Datacenter> Datacenters()
    {
        foreach (var (id, node) in _nodes.Where(node => node.Key.Type == "Datacenter"))
        {
            // The root folder is not part of a path; most servers do not show it in the view either.
            var above = Ancestors(node.Parent).Where(ancestor => ancestor != root).Select(ancestor => _nodes[ancestor].Name).Reverse();
            _datacenters[id] = new Datacenter(id, node.Name, string.Join('/', above.Append(node.Name)));
        }

        return [.. _datacenters.Values.OrderBy(datacenter => datacenter.Path, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The datacenter that holds an object; null when the user may not see it.</summary>
    public Datacenter? DatacenterOf(ObjectId? id)
        => Ancestors(id).Select(ancestor => _datacenters.GetValueOrDefault(ancestor)).FirstOrDefault(datacenter => datacenter is not null);

    /// <summary>Folders from below the datacenter's own folder down to <paramref name="parent"/>, joined by <c>/</c>.</summary>
    public string FolderPathOf(ObjectId? parent)
    {
        List<string> names = [.. Ancestors(parent).TakeWhile(
            ancestor => ancestor.Type != "Datacenter").Select(ancestor => _nodes[ancestor].Name)];
        names.Reverse();
        return string.Join('/', names.Skip(1));
    }

    /// <summary>The name of the cluster that is a host's parent; null where that is a single host's own compute resource.</summary>
    public string? ClusterOf(ObjectId? parent)
        => parent is { Type: "ClusterComputeResource" } id && _nodes.TryGetValue(id, out var node) ? node.Name : null;

    IEnumerable<ObjectId> Ancestors(ObjectId? id)
    {
        for (int depth = 0; depth < MaximumDepth && id is { } current && _nodes.TryGetValue(current, out var node); depth++)
        {
            yield return current;
            id = node.Parent;
        }
    }
}
