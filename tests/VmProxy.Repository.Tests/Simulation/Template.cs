using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Tests.Simulation;

/// <summary>An empty repository with keys that are always the same, and no costly seal: worlds begin with a copy of it.</summary>
sealed class Template
{
    static readonly Tuning Tiny = new()
    {
        PackBytes = 2600, FrameBytes = 1024, MetadataFrameBytes = 700, SegmentEntries = 8, PendingReferences = 100, FrameCacheBytes = 2048, CachedPages = 4,
        PacksBeingCompleted = 1000, PointReaders = 1, CheckWorkers = 1, CompressionLevel = 0, SignOfLife = TimeSpan.FromHours(1),
    };

    readonly RepositoryHeader _header;

    // Shared by all: the repositories of a simulation are not disposed, which would erase it.
    readonly KeySet _keys;

    Template(MemoryObjectStore store, RepositoryHeader header, KeySet keys) => (Store, _header, _keys) = (store, header, keys);

    public MemoryObjectStore Store { get; }

    public static Template Make()
    {
        var id = RandomId.Read(new byte[16]);
        var header = new RepositoryHeader(id, SealKind.Checksum, 512, DateTimeOffset.UnixEpoch) { WriteFeatures = RepositoryHeader.WritersKeepSessions };
        var store = new MemoryObjectStore(TimeProvider.System);
        var keys = NewKeys();
        store.Tamper(ObjectNames.Header, header.Encode(keys));
        return new Template(store, header, keys);
    }

    public BackupRepository Open(IObjectStore store, TimeProvider time)
    {
        return new BackupRepository(store, _header, _keys, new KeyChain(store, _header.RepositoryId, null), time, Tiny);
    }

    static KeySet NewKeys()
    {
        var ring = new KeyRing(RandomId.Read(new byte[16]), 1, new byte[32], new Dictionary<uint, byte[]> { [1] = new byte[32] }, []);
        return new KeySet(new OpenedKeys(ring, new byte[32], RandomId.Read(new byte[16])), RandomId.Read(new byte[16]), null);
    }
}
