namespace VmProxy.Lab.Storage;

/// <summary>The room on a datastore: what files take is claimed before it is written and given back when they go.</summary>
internal sealed class SpaceAccount(string name, long capacity)
{
    long _used;
    bool _full;

    public string Name => name;

    public long Capacity => capacity;

    public long Free => Volatile.Read(ref _full) ? 0 : Math.Max(0, capacity - Interlocked.Read(ref _used));

    /// <summary>Pretends that other tenants took the rest.</summary>
    public void SetFull(bool full) => Volatile.Write(ref _full, full);

    /// <summary>Takes room for a file, or throws <see cref="DatastoreFullException"/> and takes none.</summary>
    public void Claim(long bytes, string file)
    {
        if (bytes <= 0)
        {
            return;
        }

        if (Volatile.Read(ref _full) || Interlocked.Add(ref _used, bytes) > capacity)
        {
            if (!Volatile.Read(ref _full))
            {
                Interlocked.Add(ref _used, -bytes);
            }

            throw new DatastoreFullException(name, file);
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
