namespace VmProxy.Vsphere;

/// <summary>A VM's snapshot tree as a list, parents before children.</summary>
static class SnapshotMapper
{
    public static IReadOnlyList<SnapshotInfo> Flatten(Vim.VirtualMachineSnapshotInfo? tree)
    {
        List<SnapshotInfo> list = [];
        var waiting = new Stack<(Vim.VirtualMachineSnapshotTree Node, ObjectId? Parent, int Depth)>();
        Push(waiting, tree?.RootSnapshotList ?? [], null, 1);
        while (waiting.TryPop(out var item))
        {
            var (node, parent, depth) = item;
            var id = node.Snapshot.ToId();
            list.Add(new SnapshotInfo(id, node.Name, node.Description, node.Id, depth, parent, node.CreateTime, node.State, node.Quiesced));
            Push(waiting, node.ChildSnapshotList, id, depth + 1);
        }

        return list;
    }

    static void Push(
        Stack<(Vim.VirtualMachineSnapshotTree Node, ObjectId? Parent, int Depth)> waiting,
        IEnumerable<Vim.VirtualMachineSnapshotTree> nodes,
        ObjectId? parent,
        int depth)
    {
        foreach (var node in nodes.Reverse())
        {
            waiting.Push((node, parent, depth));
        }
    }
}
