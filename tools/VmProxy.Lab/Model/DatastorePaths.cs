namespace VmProxy.Lab.Model;

/// <summary>Paths as vSphere writes them: "[datastore] folder/file".</summary>
internal static class DatastorePaths
{
    /// <summary>The datastore and the place on the lab's machine; null when there is no such datastore or the path leaves it.</summary>
    public static (LabDatastore Datastore, string Path)? Resolve(LabInventory inventory, string path)
    {
        var close = path.IndexOf(']', StringComparison.Ordinal);
        return path.StartsWith('[') && close > 0 ? Resolve(inventory, path[1..close], path[(close + 1)..].Trim()) : null;
    }

    public static (LabDatastore Datastore, string Path)? Resolve(LabInventory inventory, string datastoreName, string relative)
    {
        if (inventory.Datastores.Find(datastore => datastore.Name == datastoreName) is not { } datastore)
        {
            return null;
        }

        var full = Path.GetFullPath(Path.Combine(datastore.Folder, relative.TrimStart('/')));
        return full == datastore.Folder || full.StartsWith(datastore.Folder + "/", StringComparison.Ordinal)
            ? (datastore, full.TrimEnd('/'))
            : null;
    }
}
