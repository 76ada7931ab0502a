using System.Collections.Frozen;
using VmProxy.Repository.Index;

namespace VmProxy.Repository.Maintenance;

/// <summary>What a writer must know of condemned packs: it reads the lists after its note was written, and before the index.</summary>
internal static class CondemnedPacks
{
    /// <exception cref="RepositoryException">REPO_DAMAGED: a list cannot be read, so nothing can be deduplicated safely.</exception>
    public static async Task<FrozenSet<RandomId>> LoadAsync(NoteStore notes, CancellationToken cancellationToken)
    {
        var packs = new HashSet<RandomId>();
        foreach (var info in await notes.ListAsync(ObjectNames.Condemned, cancellationToken).ConfigureAwait(false))
        {
            if (!ObjectNames.TryParse(info.Name, out _))
            {
                continue; // the sessions that a list waits for
            }

            // A list that went since was carried out, and the index does not name its packs any more.
            var list = await notes.TryReadAsync(info.Name, NoteKind.Condemned, NoteJson.Default.CondemnedNote, cancellationToken).ConfigureAwait(false);
            foreach (var name in list?.Packs ?? [])
            {
                if (ObjectNames.TryParse(name, out var id))
                {
                    packs.Add(id);
                }
            }
        }

        return packs.ToFrozenSet();
    }

    /// <summary>
    /// Brings an index up to date for a writer that has just announced itself. Other writers of the same process go on meanwhile: what they must
    /// not use any more is added before the index is read, and what is over is dropped after.
    /// </summary>
    public static async Task RefreshAsync(ChunkIndex index, NoteStore notes, CancellationToken cancellationToken)
    {
        var packs = await LoadAsync(notes, cancellationToken).ConfigureAwait(false);
        index.Change(unusable => unusable with { CondemnedPacks = unusable.CondemnedPacks.Union(packs).ToFrozenSet() });
        await index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        index.Change(unusable => unusable with { CondemnedPacks = packs });
    }
}
