using VmProxy.Repository.Checking;
using VmProxy.Repository.Maintenance;

namespace VmProxy.Repository;

/// <content>Checks, and what they find.</content>
public sealed partial class BackupRepository
{
    /// <summary>
    /// Checks that every byte is what was written, as far as the options say, and names what damage costs. Runs beside writers and a prune. What was
    /// read, and what is damaged, is kept in the repository: later checks go on where this one ended, and backups store anew what is damaged.
    /// </summary>
    /// <exception cref="RepositoryException">REPO_STORE_FAILED: the store as a whole went away. Damage is in the report and does not throw.</exception>
    public async Task<CheckReport> CheckAsync(CheckOptions options, IProgress<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var check = new RepositoryCheck(this, options, progress);
        return await check.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The ranges of a map that cannot be restored, by what checks and readings have found so far; empty when nothing is damaged, which costs next to
    /// nothing. A backup that builds on the map must read them again from the machine and store them (<see cref="DiskWriterOptions.Damaged"/>).
    /// </summary>
    /// <exception cref="RepositoryException">REPO_STORE_FAILED.</exception>
    public async Task<IReadOnlyList<DiskRange>> DamagedRangesAsync(DiskMap map, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(map);
        var table = await RefreshDamageAsync(cancellationToken).ConfigureAwait(false);
        await Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return await BaseDamage.FindAsync(
            map, Index, Reader, new StoreReader(Store), table.Unknown is not null, Tuning.CheckWorkers, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the index what is known to be damaged.</summary>
    internal async Task<CheckTable> RefreshDamageAsync(CancellationToken cancellationToken)
    {
        var (table, _) = await new CheckNotes(new NoteStore(Store, Keys, Seal)).ReadAsync(cancellationToken).ConfigureAwait(false);
        var (packs, frames) = table.Places();
        Index.Change(unusable => unusable with { DamagedPacks = packs, DamagedFrames = frames });

        return table;
    }

    /// <summary>Keeps that frames were found damaged, so that backups store their chunks anew. A store that refuses the note does not fail the caller.</summary>
    internal async Task NoteDamageAsync(IReadOnlyCollection<(RandomId Pack, uint Offset)> frames, CancellationToken cancellationToken)
    {
        try
        {
            var notes = new CheckNotes(new NoteStore(Store, Keys, Seal));
            var (table, replaced) = await notes.ReadAsync(cancellationToken).ConfigureAwait(false);
            var now = (uint)Time.GetUtcNow().ToUnixTimeSeconds();
            foreach (var pack in frames.GroupBy(frame => frame.Pack, frame => frame.Offset))
            {
                table.AddDamage(pack.Key, now, pack);
            }

            await notes.ReplaceAsync(table, replaced, cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException)
        {
            // The damage itself is reported either way.
        }
    }
}
