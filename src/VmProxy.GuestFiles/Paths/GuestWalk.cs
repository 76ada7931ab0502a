using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>A walk by listing one directory after the other, for file systems that know no quicker way.</summary>
static class GuestWalk
{
    /// <summary>Directories within each other that a walk enters. Real trees are far flatter; a damaged one that is deeper is told as a problem.</summary>
    public const int MaxDepth = 4096;

    public static async IAsyncEnumerable<GuestWalkEntry> DepthFirstAsync(
        IGuestFileSystem fileSystem, GuestEntry directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var entered = new HashSet<ulong> { directory.Id };
        var open = new Stack<(IAsyncEnumerator<GuestEntry> Entries, string Prefix)>();
        open.Push((fileSystem.ListAsync(directory, problems, cancellationToken).GetAsyncEnumerator(cancellationToken), ""));
        try
        {
            while (open.TryPeek(out var level))
            {
                if (!await level.Entries.MoveNextAsync().ConfigureAwait(false))
                {
                    await open.Pop().Entries.DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                var entry = level.Entries.Current;
                var path = level.Prefix + entry.Name;
                yield return new GuestWalkEntry(path, entry);
                if (entry.Kind != GuestEntryKind.Directory || entry.Problem is { IsWarning: false })
                {
                    continue;
                }

                if (!entered.Add(entry.Id))
                {
                    problems.Add(GuestFileException.Damaged(path, $"The directory {path} leads to one that lies in another place already: it is not entered again."));
                }
                else if (open.Count >= MaxDepth)
                {
                    problems.Add(GuestFileException.Damaged(path, $"The directory {path} lies deeper than {MaxDepth} others: it is not entered."));
                }
                else
                {
                    open.Push((fileSystem.ListAsync(entry, problems, cancellationToken).GetAsyncEnumerator(cancellationToken), path + "/"));
                }
            }
        }
        finally
        {
            while (open.TryPop(out var level))
            {
                await level.Entries.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
