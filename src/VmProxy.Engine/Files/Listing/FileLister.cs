using System.Runtime.CompilerServices;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>Lists guest files of one place.</summary>
/// <param name="location">The directory or file.</param>
/// <param name="problems">Takes what cannot be read.</param>
sealed class FileLister(GuestLocation location, GuestProblems problems)
{
    /// <summary>The files in the directory, or the file itself.</summary>
    /// <param name="recursive">Whether everything below is listed too; then without named streams.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<ListedFile> ListAsync(bool recursive, CancellationToken cancellationToken) =>
        location.Entry.Kind != GuestEntryKind.Directory ? OneAsync(cancellationToken)
        : recursive ? TreeAsync(cancellationToken)
        : DirectoryAsync(cancellationToken);

    async IAsyncEnumerable<ListedFile> OneAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await WithStreamsAsync(location.Path, location.Entry, cancellationToken).ConfigureAwait(false);
    }

    async IAsyncEnumerable<ListedFile> DirectoryAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = Prefix;
        await foreach (var entry in location.FileSystem.ListAsync(location.Entry, problems, cancellationToken).ConfigureAwait(false))
        {
            yield return await WithStreamsAsync(prefix + entry.Name, entry, cancellationToken).ConfigureAwait(false);
        }
    }

    async IAsyncEnumerable<ListedFile> TreeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = Prefix;
        await foreach (var (path, entry) in location.FileSystem.WalkAsync(location.Entry, problems, cancellationToken).ConfigureAwait(false))
        {
            var target = IsLink(entry) ? await TargetAsync(entry, cancellationToken).ConfigureAwait(false) : null;
            yield return new ListedFile(prefix + path, entry, target, []);
        }
    }

    string Prefix => location.Path.EndsWith('/') ? location.Path : location.Path + "/";

    async ValueTask<ListedFile> WithStreamsAsync(string path, GuestEntry entry, CancellationToken cancellationToken)
    {
        var target = IsLink(entry) ? await TargetAsync(entry, cancellationToken).ConfigureAwait(false) : null;
        try
        {
            return new ListedFile(path, entry, target, await location.FileSystem.ListStreamsAsync(entry, cancellationToken).ConfigureAwait(false));
        }
        catch (GuestFileException exception)
        {
            problems.Add(exception);
            return new ListedFile(path, entry, target, []);
        }
    }

    async ValueTask<string?> TargetAsync(GuestEntry link, CancellationToken cancellationToken)
    {
        try
        {
            return await location.FileSystem.ReadLinkAsync(link, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            problems.Add(exception);
            return null;
        }
    }

    static bool IsLink(GuestEntry entry) => entry.Kind is GuestEntryKind.SymbolicLink or GuestEntryKind.Junction;
}
