using VmProxy.Engine.Failures;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files;

/// <summary>Puts guest files into a target. What cannot be restored is named, and the rest goes on.</summary>
/// <param name="disks">Where the files are.</param>
/// <param name="target">Where they go.</param>
/// <param name="tally">Counts.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
sealed class FileRestore(GuestDisks disks, IFileTarget target, FileTally tally, IProgress<WorkProgress>? progress)
{
    const string Step = "restore the file";

    /// <summary>Bytes from which on somebody who waits wants to see how far a file is.</summary>
    const long WorthABar = 64 << 20;

    readonly HashSet<string> _names = new(StringComparer.Ordinal);
    readonly HashSet<GuestVolume> _told = [];

    /// <summary>Restores what each path names, under its last name.</summary>
    /// <exception cref="EngineException">Nothing more can be put into the target.</exception>
    public async Task RunAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        foreach (var path in paths)
        {
            GuestLocation location;
            try
            {
                location = await GuestLocation.ResolveAsync(disks, path, followLast: true, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (ArchiveItems.IsReadFailure(exception))
            {
                tally.LeaveOut(Expected.Failure(exception, path, "find the file")!);
                continue;
            }

            await RestoreAsync(path, location, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task RestoreAsync(string path, GuestLocation location, CancellationToken cancellationToken)
    {
        var name = NameOf(location);
        if (name.Contains('/'))
        {
            tally.LeaveOut(SafeNames.Unsafe(path, "The name holds a slash; a sound file system holds no such name."));
            return;
        }

        if (!_names.Add(name))
        {
            tally.LeaveOut(new Failure(
                ReasonCodesOfFiles.SameName, path, Step, $"Another of the paths is restored as {name}.", "Restore this one to another folder."));
            return;
        }

        if (_told.Add(location.Volume))
        {
            TellFindings(location);
        }

        if (location.Stream is { } stream)
        {
            await RestoreStreamAsync(location, stream, name, cancellationToken).ConfigureAwait(false);
            return;
        }

        var links = new Dictionary<ulong, string>();
        var problems = new GuestProblems();
        var isPut = await PutAsync(location.FileSystem, name, location.Entry, links, cancellationToken).ConfigureAwait(false);
        if (isPut && location.Entry.Kind == GuestEntryKind.Directory)
        {
            await RestoreTreeAsync(location, name, links, problems, cancellationToken).ConfigureAwait(false);
        }

        foreach (var problem in problems.First)
        {
            var told = new Failure(problem.Code, problem.Subject, "read the directory", problem.Message, "");
            if (problem.IsWarning)
            {
                tally.Warn(told);
            }
            else
            {
                tally.LeaveOut(told);
            }
        }

        tally.LeaveOutUntold(problems.Count - problems.First.Count);
    }

    async Task RestoreStreamAsync(GuestLocation location, GuestStream stream, string name, CancellationToken cancellationToken)
    {
        try
        {
            var content = await location.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                if (await target.PutAsync(new FileItem(name, location.Entry) { Content = content }, tally.Warn, cancellationToken).ConfigureAwait(false) is { } failure)
                {
                    tally.LeaveOut(failure);
                    return;
                }
            }

            tally.RestoredStream(stream);
        }
        catch (Exception exception) when (ArchiveItems.IsReadFailure(exception))
        {
            tally.LeaveOut(Expected.Failure(exception, name, Step)!);
        }
    }

    async Task RestoreTreeAsync(GuestLocation location, string name, Dictionary<ulong, string> links, GuestProblems problems, CancellationToken cancellationToken)
    {
        string? closed = null;
        await foreach (var (below, entry) in location.FileSystem.WalkAsync(location.Entry, problems, cancellationToken).ConfigureAwait(false))
        {
            var path = $"{name}/{below}";
            if (closed is not null && path.StartsWith(closed, StringComparison.Ordinal))
            {
                tally.LeaveOut(new Failure(ReasonCodesOfFiles.NotWritten, SafeNames.Printable(path), Step, "Its folder was left out.", ""));
                continue;
            }

            var isPut = await PutAsync(location.FileSystem, path, entry, links, cancellationToken).ConfigureAwait(false);
            closed = isPut || entry.Kind != GuestEntryKind.Directory ? null : path + "/";
        }
    }

    async Task<bool> PutAsync(IGuestFileSystem fileSystem, string path, GuestEntry entry, Dictionary<ulong, string> links, CancellationToken cancellationToken)
    {
        Failure? failure;
        try
        {
            failure = await TryPutAsync(fileSystem, path, entry, links, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (ArchiveItems.IsReadFailure(exception))
        {
            failure = Expected.Failure(exception, path, Step)! with { Object = SafeNames.Printable(path) };
        }

        if (failure is not null)
        {
            tally.LeaveOut(failure);
            return false;
        }

        tally.Restored(entry, IsLink(entry));
        return true;
    }

    async Task<Failure?> TryPutAsync(IGuestFileSystem fileSystem, string path, GuestEntry entry, Dictionary<ulong, string> links, CancellationToken cancellationToken)
    {
        if (entry.Problem is { } problem)
        {
            var told = new Failure(problem.Code, SafeNames.Printable(path), Step, problem.Message, "");
            if (!problem.IsWarning)
            {
                return told;
            }

            tally.Warn(told);
        }

        await TellStreamsAsync(fileSystem, path, entry, cancellationToken).ConfigureAwait(false);
        var item = new FileItem(path, entry)
        {
            LinkTarget = IsLink(entry) ? await fileSystem.ReadLinkAsync(entry, cancellationToken).ConfigureAwait(false) : null,
            Attributes = target.HoldsAttributes && !IsLink(entry) ? await fileSystem.ReadAttributesAsync(entry, cancellationToken).ConfigureAwait(false) : [],
        };
        if (entry.Kind != GuestEntryKind.File)
        {
            return await target.PutAsync(item, tally.Warn, cancellationToken).ConfigureAwait(false);
        }

        if (entry.Links > 1 && target.HoldsHardLinks && links.TryGetValue(entry.Id, out var first)
            && await target.PutAsync(item with { SameAs = first }, tally.Warn, cancellationToken).ConfigureAwait(false) is null)
        {
            return null;
        }

        var content = await fileSystem.OpenAsync(entry, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            var counted = progress is null || content.Length < WorthABar ? content : new ReportedContent(content, path, progress);
            var failure = await target.PutAsync(item with { Content = counted }, tally.Warn, cancellationToken).ConfigureAwait(false);
            if (failure is null && entry.Links > 1)
            {
                links.TryAdd(entry.Id, path);
            }

            return failure;
        }
    }

    /// <summary>Named streams have no place in a file of Linux. The mark that Windows puts on what was downloaded is none that anybody misses.</summary>
    async Task TellStreamsAsync(IGuestFileSystem fileSystem, string path, GuestEntry entry, CancellationToken cancellationToken)
    {
        var streams = await fileSystem.ListStreamsAsync(entry, cancellationToken).ConfigureAwait(false);
        var missed = streams.Where(stream => stream.Name != "Zone.Identifier").ToList();
        if (missed.Count > 0)
        {
            tally.Warn(new Failure(
                ReasonCodesOfFiles.StreamsLeftOut, SafeNames.Printable(path), Step,
                $"Named streams were not restored: {string.Join(", ", missed.Take(5).Select(stream => $"{SafeNames.Printable(stream.Name)} ({Sizes.Text(stream.Size)})"))}.",
                "Each is restored as a file by naming it: FILE:STREAM."));
        }
    }

    void TellFindings(GuestLocation location)
    {
        foreach (var finding in location.FileSystem.Findings.Where(finding => finding.Code != GuestFileErrorCodes.LogReplayed))
        {
            tally.Warn(new Failure(finding.Code, location.Volume.Name, "open the file system", finding.Message, ""));
        }
    }

    static bool IsLink(GuestEntry entry) => entry.Kind is GuestEntryKind.SymbolicLink or GuestEntryKind.Junction;

    /// <summary>The last part of the path as the guest writes it; a whole volume goes by its own name.</summary>
    static string NameOf(GuestLocation location) =>
        (location.Entry.Name.Length > 0 ? location.Entry.Name : location.Volume.Name.Replace('/', '-'))
        + (location.Stream is { } stream ? ":" + stream.Name : "");
}
