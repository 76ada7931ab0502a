using VmProxy.Repository.Maintenance;

namespace VmProxy.Repository.Checking;

/// <summary>The notes under <c>checks/</c>.</summary>
internal sealed class CheckNotes(NoteStore notes)
{
    /// <summary>What all readable notes say together, and the names of all notes. One that is damaged is as good as lost: what it said is found again.</summary>
    public async Task<(CheckTable Table, IReadOnlyList<string> Names)> ReadAsync(CancellationToken cancellationToken)
    {
        var found = new List<CheckNote>();
        var names = new List<string>();
        foreach (var info in await notes.ListAsync(ObjectNames.Checks, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (await notes.TryReadAsync(info.Name, NoteKind.Checked, CheckJson.Default.CheckNote, cancellationToken).ConfigureAwait(false) is { } note)
                {
                    found.Add(note);
                    names.Add(info.Name);
                }
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged)
            {
                names.Add(info.Name);
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NotFound or RepositoryErrorCodes.UnsupportedVersion)
            {
                // Replaced meanwhile by a note that is read, or read next time; or of a later program, whose note stays.
            }
        }

        return (CheckTable.Merge(found), names);
    }

    /// <summary>Writes the table as one note, then removes those that went into it.</summary>
    public async Task ReplaceAsync(CheckTable table, IReadOnlyList<string> replaced, CancellationToken cancellationToken)
    {
        await notes.PutAsync(ObjectNames.Checks + RandomId.Create(), NoteKind.Checked, table.ToNote(), CheckJson.Default.CheckNote, cancellationToken).ConfigureAwait(false);
        foreach (var name in replaced)
        {
            await notes.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }
}
