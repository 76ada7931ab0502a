using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Simulation.Tests;

/// <summary>An empty repository with secrets that are always the same, so that names and orders are. Worlds begin with a copy of it.</summary>
sealed class Template
{
    static readonly Tuning Tiny = new()
    {
        PackBytes = 2600, FrameBytes = 1024, MetadataFrameBytes = 700, SegmentEntries = 8, PendingReferences = 100, FrameCacheBytes = 2048, CachedPages = 4,
        PacksBeingCompleted = 1000, PointReaders = 1, CheckWorkers = 1, CompressionLevel = 0, SignOfLife = TimeSpan.FromHours(1),
    };

    readonly RepositoryHeader _header;
    readonly KeyRing _ring;
    readonly HashSet<string> _ringNames;
    readonly RandomId _slot;

    Template(RepositoryHeader header, KeyRing ring, RepositoryKey? key, RandomId slot, byte[] slotBytes)
    {
        (_header, _ring, Key, _slot) = (header, ring, key, slot);
        _ringNames = [.. Enumerable.Range(0, KeyRing.Copies).Select(copy => KeyRing.Name(header.RepositoryId, ring.Sequence, copy))];
        Store.Tamper(ObjectNames.KeySlot(slot), slotBytes);
        foreach (var name in _ringNames)
        {
            Store.Tamper(name, ring.Encode(MasterKey));
        }

        Store.Tamper(ObjectNames.Header, header.Encode(NewKeys()));
    }

    /// <summary>Not encrypted, which is several times as quick.</summary>
    public static Template Open { get; } = Make(SealKind.Checksum, null);

    /// <summary>Encrypted, so that its keys can change. It opens by a key file, since passphrases are costly by design.</summary>
    public static Template Encrypted { get; } = Make(SealKind.AesGcm, KeyOf(0));

    /// <summary>The key of the one who made it; it is never removed.</summary>
    public RepositoryKey? Key { get; }

    public MemoryObjectStore Store { get; } = new(TimeProvider.System);

    static byte[] MasterKey => new byte[KeySlot.MasterKeyLength];

    static Template Make(SealKind seal, RepositoryKey? key)
    {
        var id = RandomId.Read(new byte[16]);
        var header = new RepositoryHeader(id, seal, 512, DateTimeOffset.UnixEpoch) { WriteFeatures = RepositoryHeader.WritersKeepSessions };
        Template? made = null;
        async Task MakeAsync()
        {
            var (slot, bytes) = await KeySlot.CreateAsync(id, id, MasterKey, key, PassphraseCost.Default, "initial", DateTimeOffset.UnixEpoch);
            made = new Template(header, new KeyRing(id, 1, new byte[32], new Dictionary<uint, byte[]> { [1] = new byte[32] }, [slot]), key, slot, bytes);
        }

        return MakeAsync().Exception is { } error ? throw error : made!; // done at once: the derivation for a key file is not asynchronous
    }

    /// <summary>A key file that depends on the number alone.</summary>
    public static RepositoryKey KeyOf(int number)
    {
        var content = new byte[2 * RepositoryKey.MinKeyFileBytes];
        new Random(number).NextBytes(content);
        return RepositoryKey.FromKeyFile(content);
    }

    /// <summary>The repository as who has opened it at the beginning sees it.</summary>
    public BackupRepository OpenEarly(IObjectStore store, TimeProvider time) =>
        new(store, _header, NewKeys(store), new KeyChain(store, _header.RepositoryId, Key), time, Tiny);

    /// <summary>Opens it as it is now.</summary>
    public static Task<BackupRepository> OpenAsync(IObjectStore store, RepositoryKey? key, TimeProvider time) =>
        RepositoryOpening.OpenAsync(store, key, time, Tiny, default);

    // The ring is shared by all: the repositories of a simulation are not disposed, which would erase it.
    KeySet NewKeys(IObjectStore? store = null) => new(
        new OpenedKeys(_ring, MasterKey, _slot) { RingNames = _ringNames }, _header.RepositoryId,
        store is null ? null : new KeyChain(store, _header.RepositoryId, Key));
}
