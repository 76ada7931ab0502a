using System.Collections.Concurrent;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Maintenance;
using VmProxy.Repository.Packs;
using VmProxy.Repository.Points;

namespace VmProxy.Repository.Checking;

/// <summary>Proves the objects that are read in one piece: header, keys, points, notes.</summary>
internal sealed class SmallObjectsCheck(StoreReader reader, KeySet keys, SealKind seal, ZstdPool zstd, string location, DamageBook book)
{
    const int Looks = 4;
    static readonly string[] NotePrefixes = [ObjectNames.Sessions, ObjectNames.Condemned, ObjectNames.Holds, ObjectNames.Trash, ObjectNames.Checks];
    readonly ConcurrentDictionary<string, RestorePoint> _points = [];

    /// <summary>Objects with names that are not of this format.</summary>
    public long Foreign { get; private set; }

    /// <summary>The points that could be read, by the names of their objects.</summary>
    public IReadOnlyDictionary<string, RestorePoint> Points => _points;

    public async Task RunAsync(IEnumerable<ObjectInfo> objects, int workers, CancellationToken cancellationToken)
    {
        var mine = new List<(ObjectInfo Info, string Code, Action<byte[]> Prove)>();
        foreach (var info in objects)
        {
            if (KindOf(info.Name) is { } kind)
            {
                mine.Add((info, kind.Code, kind.Prove));
            }
            else if (!IsPackOrSegment(info.Name))
            {
                Foreign++;
            }
        }

        await Workers.ForEachAsync(
            mine.ToAsyncEnumerable(), workers, (entry, token) => ProveAsync(entry.Info, entry.Code, entry.Prove, token), cancellationToken).ConfigureAwait(false);
    }

    public static bool IsPackOrSegment(string name) =>
        (name.StartsWith(ObjectNames.DataPacks, StringComparison.Ordinal) && IsNamed(name, id => ObjectNames.Pack(PackKind.Data, id)))
        || (name.StartsWith(ObjectNames.MetadataPacks, StringComparison.Ordinal) && IsNamed(name, id => ObjectNames.Pack(PackKind.Metadata, id)))
        || (name.StartsWith(ObjectNames.IndexSegments, StringComparison.Ordinal) && IsNamed(name, ObjectNames.IndexSegment));

    static bool IsNamed(string name, Func<RandomId, string> canonical) => ObjectNames.TryParse(name, out var id) && canonical(id) == name;

    (string Code, Action<byte[]> Prove)? KindOf(string name) => name switch
    {
        ObjectNames.Header => (CheckCodes.Header, bytes =>
        {
            RepositoryHeader.Decode(bytes, location);
            RepositoryHeader.Authenticate(bytes, keys, location);
        }),
        _ when name.StartsWith(ObjectNames.KeySlots, StringComparison.Ordinal) => (CheckCodes.Key, bytes => KeySlot.Decode(name, bytes)),
        _ when name.StartsWith(ObjectNames.KeyRings, StringComparison.Ordinal) => (CheckCodes.Key, bytes => KeyRing.Peek(name, bytes)),
        _ when name.StartsWith(ObjectNames.Points, StringComparison.Ordinal) =>
            (CheckCodes.Point, bytes => _points[name] = PointObject.Decode(name, bytes, keys, seal, zstd)),
        _ when IsNote(name) => (CheckCodes.Note, bytes => ProveNote(name, bytes)),
        _ => null,
    };

    // Whose note it is does not matter here: the seal covers its kind and its name.
    void ProveNote(string name, byte[] bytes) =>
        Note.Decode(name, bytes.Length > 6 ? (NoteKind)bytes[6] : default, bytes, CheckJson.Default.JsonElement, keys, seal);

    async ValueTask ProveAsync(ObjectInfo info, string code, Action<byte[]> prove, CancellationToken cancellationToken)
    {
        var (outcome, content) = await reader.ReadAllAsync(info.Name, cancellationToken).ConfigureAwait(false);
        var problem = await ProblemAsync(info.Name, outcome, content, prove, cancellationToken).ConfigureAwait(false);
        for (var look = 1; problem is not null && look < Looks; look++)
        {
            // What is replaced while it is read (the lease, a sign of life) comes torn. What is damaged stays as it is.
            var before = content;
            (outcome, content) = await reader.ReadAllAsync(info.Name, cancellationToken).ConfigureAwait(false);
            if (outcome == ReadOutcome.Read && content.AsSpan().SequenceEqual(before))
            {
                break;
            }

            problem = await ProblemAsync(info.Name, outcome, content, prove, cancellationToken).ConfigureAwait(false);
        }

        if (problem is not null)
        {
            book.Add(code, info.Name, 0, Math.Max(info.Length, content.Length), problem, losesData: code != CheckCodes.Note);
        }
    }

    async ValueTask<string?> ProblemAsync(string name, ReadOutcome outcome, byte[] content, Action<byte[]> prove, CancellationToken cancellationToken)
    {
        if (outcome is not (ReadOutcome.Read or ReadOutcome.Short))
        {
            return outcome == ReadOutcome.Unreadable ? "The store cannot read it." : null;
        }

        try
        {
            await EnsureEpochAsync(name, content, cancellationToken).ConfigureAwait(false);
            prove(content);
            return null;
        }
        catch (RepositoryException error) when (IsDamage(error.Code))
        {
            return error.Code == RepositoryErrorCodes.UnsupportedVersion ? error.Message : "It is not what was written.";
        }
    }

    // Keys may have been rotated since the check began.
    ValueTask EnsureEpochAsync(string name, byte[] content, CancellationToken cancellationToken) =>
        name.StartsWith(ObjectNames.Points, StringComparison.Ordinal) ? keys.EnsureEpochAsync(PointObject.Epoch(content), cancellationToken)
        : IsNote(name) ? keys.EnsureEpochAsync(Note.Epoch(content), cancellationToken)
        : ValueTask.CompletedTask;

    static bool IsNote(string name) => name == ObjectNames.Lease || NotePrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    static bool IsDamage(string code) =>
        code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.KeyDamaged or RepositoryErrorCodes.UnsupportedVersion or RepositoryErrorCodes.NotARepository;
}
