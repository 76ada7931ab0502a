using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>A walk by listing one directory after the other, for file systems that know no quicker way.</summary>
static class GuestWalk
{
    /// <summary>
    /// Directories within each other whose listings are open at once. Each open one may hold megabytes, and a hostile disk nests thousands at no cost: a directory that lies deeper is listed to its end
    /// before those in it are entered, and only they wait.
    /// </summary>
    internal const int OpenListings = 16;

    public static async IAsyncEnumerable<GuestWalkEntry> DepthFirstAsync(
        IGuestFileSystem fileSystem, GuestEntry directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var trail = new GuestTrail(directory.Id, problems);
        var open = new Stack<Level>();
        Open(directory);
        try
        {
            while (open.TryPeek(out var level))
            {
                if (await level.NextAsync().ConfigureAwait(false) is not { } entry)
                {
                    open.Pop();
                    trail.Leave();
                    continue;
                }

                var path = trail.PathOf(entry.Name);
                var isToEnter = level.IsListed || (entry.Kind == GuestEntryKind.Directory && entry.Problem is not { IsWarning: false } && trail.MayEnter(entry.Id, path));
                if (isToEnter && level.MustWait)
                {
                    level.Wait(entry);
                    continue;
                }

                yield return new GuestWalkEntry(path, entry);
                if (isToEnter)
                {
                    Open(entry);
                    trail.Enter(entry.Name);
                }
            }
        }
        finally
        {
            while (open.TryPop(out var level))
            {
                await level.DisposeAsync().ConfigureAwait(false);
            }
        }

        void Open(GuestEntry entered) => open.Push(new Level(
            fileSystem.ListAsync(entered, problems, cancellationToken).GetAsyncEnumerator(cancellationToken), isDeep: open.Count >= OpenListings));
    }

    /// <summary>A directory on the way: its listing, and then those in it that wait.</summary>
    sealed class Level(IAsyncEnumerator<GuestEntry> listing, bool isDeep) : IAsyncDisposable
    {
        readonly Queue<GuestEntry> _waiting = [];
        IAsyncEnumerator<GuestEntry>? _listing = listing;

        /// <summary>Whether the listing has ended: what comes now has waited and is entered.</summary>
        public bool IsListed => _listing is null;

        public bool MustWait => isDeep && !IsListed;

        public void Wait(GuestEntry entry) => _waiting.Enqueue(entry);

        public async ValueTask<GuestEntry?> NextAsync()
        {
            if (_listing is { } listing)
            {
                if (await listing.MoveNextAsync().ConfigureAwait(false))
                {
                    return listing.Current;
                }

                await DisposeAsync().ConfigureAwait(false);
            }

            return _waiting.TryDequeue(out var entry) ? entry : null;
        }

        public async ValueTask DisposeAsync()
        {
            if (_listing is { } listing)
            {
                _listing = null;
                await listing.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
