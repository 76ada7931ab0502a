using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>A walk by listing one directory after the other, for file systems that know no quicker way.</summary>
static class GuestWalk
{
    public static async IAsyncEnumerable<GuestWalkEntry> DepthFirstAsync(
        IGuestFileSystem fileSystem, GuestEntry directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var trail = new GuestTrail(directory.Id, problems);
        var open = new Stack<IAsyncEnumerator<GuestEntry>>();
        open.Push(fileSystem.ListAsync(directory, problems, cancellationToken).GetAsyncEnumerator(cancellationToken));
        try
        {
            while (open.TryPeek(out var entries))
            {
                if (!await entries.MoveNextAsync().ConfigureAwait(false))
                {
                    await open.Pop().DisposeAsync().ConfigureAwait(false);
                    trail.Leave();
                    continue;
                }

                var entry = entries.Current;
                var path = trail.PathOf(entry.Name);
                yield return new GuestWalkEntry(path, entry);
                if (entry.Kind == GuestEntryKind.Directory && entry.Problem is not { IsWarning: false } && trail.MayEnter(entry.Id, path))
                {
                    open.Push(fileSystem.ListAsync(entry, problems, cancellationToken).GetAsyncEnumerator(cancellationToken));
                    trail.Enter(entry.Name);
                }
            }
        }
        finally
        {
            while (open.TryPop(out var entries))
            {
                await entries.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
