namespace VmProxy.Lab.Storage;

/// <summary>The datastore has no room for what was asked.</summary>
internal sealed class DatastoreFullException(string datastore, string file)
    : IOException($"Datastore {datastore} has no room for {file}.")
{
    public string Datastore => datastore;

    public string File => file;
}

/// <summary>A disk file is open elsewhere and so cannot be changed or opened.</summary>
internal sealed class FileLockedException(string file) : IOException($"{file} is locked.")
{
    public string File => file;
}
