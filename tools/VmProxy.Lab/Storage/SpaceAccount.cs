namespace VmProxy.Lab.Storage;

/// <summary>The room on a datastore: what files take is claimed before it is written and given back when they go.</summary>
internal sealed class SpaceAccount(string name, long capacity)
{
    long _used;
    long _most;
    bool _full;

    public string Name => name;

    public long Capacity => capacity;

    public long Free => Volatile.Read(ref _full) ? 0 : Math.Max(0, capacity - Interlocked.Read(ref _used));

    /// <summary>The least that was ever free, refused claims counted as if the rest had been taken: a datastore that refuses is full.</summary>
    public long LowestFree => Math.Max(0, capacity - Interlocked.Read(ref _most));

    /// <summary>Pretends that other tenants took the rest.</summary>
    public void SetFull(bool full) => Volatile.Write(ref _full, full);

    /// <summary>Takes room for a file, or throws <see cref="DatastoreFullException"/> and takes none.</summary>
    public void Claim(long bytes, string file)
    {
        if (bytes <= 0)
        {
            return;
        }

        if (Volatile.Read(ref _full))
        {
            throw new DatastoreFullException(name, file);
        }

        var used = Interlocked.Add(ref _used, bytes);
        NoteUsed(used);
        if (used > capacity)
        {
            Interlocked.Add(ref _used, -bytes);
            throw new DatastoreFullException(name, file);
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);

    void NoteUsed(long used)
    {
        for (var most = Interlocked.Read(ref _most); used > most; most = Interlocked.Read(ref _most))
        {
            Interlocked.CompareExchange(ref _most, used, most);
        }
    }
}
