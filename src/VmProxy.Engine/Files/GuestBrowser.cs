using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files.Listing;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files;

/// <summary>Looks at the guest files on opened disks, whether those of a point or of an image.</summary>
public sealed class GuestBrowser
{
    readonly GuestDisks _disks;

    internal GuestBrowser(GuestDisks disks) => _disks = disks;

    /// <summary>Whether files can be read from more than one volume, so that a path alone may be of either.</summary>
    public bool HasSeveral => _disks.Volumes.Count(volume => volume.IsReadable) > 1;

    /// <summary>The volumes on the disks.</summary>
    public VolumeList Volumes() => new(
        [.. _disks.Volumes.Select(volume => new VolumeRow(
            volume.Name, volume.Disk, Role(volume.Role), volume.Number, volume.Offset, volume.Length, volume.Label, volume.TypeName, volume.IsBootable, volume.Content.Name,
            volume.IsReadable, volume.Problem is { } problem ? Told(problem) : null))],
        [.. _disks.Findings.Select(Told)]);

    /// <summary>Writes a listing as it comes: there may be millions of files.</summary>
    /// <param name="place">VOLUME:/path, or a path alone where only one volume has it.</param>
    /// <param name="recursive">Whether everything below is listed too.</param>
    /// <param name="json">One JSON document, or lines for people.</param>
    /// <param name="output">Where the listing goes, as UTF-8.</param>
    /// <param name="errors">Where lines for people tell what could not be read; the document holds it itself.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>A warning when something could not be read, a failure when the listing broke off.</returns>
    /// <exception cref="GuestFileException">There is no such place, or it cannot be read.</exception>
    public async Task<Outcome> ListAsync(string place, bool recursive, bool json, Stream output, TextWriter errors, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        var location = await GuestLocation.ResolveAsync(_disks, place, followLast: true, cancellationToken).ConfigureAwait(false);
        var problems = new GuestProblems();
        var brokeOff = false;
        IFileListing listing = json ? new FileListingJson(output) : new FileListingText(output, errors);
        await using (listing.ConfigureAwait(false))
        {
            await listing.BeginAsync(location, cancellationToken).ConfigureAwait(false);
            try
            {
                await foreach (var file in new FileLister(location, problems).ListAsync(recursive, cancellationToken).ConfigureAwait(false))
                {
                    await listing.AddAsync(file, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (ArchiveItems.IsReadFailure(exception))
            {
                // What was listed stands, and the document is ended: it tells where it broke off.
                var failure = Expected.Failure(exception, place, "list the files")!;
                problems.Add(new GuestProblem(failure.Code, failure.Object, $"The listing broke off: {failure.Message}"));
                brokeOff = true;
            }

            await listing.EndAsync(problems, cancellationToken).ConfigureAwait(false);
        }

        return brokeOff ? Outcome.Failed : problems.Count > 0 ? Outcome.Warning : Outcome.Done;
    }

    /// <summary>Writes the bytes of a file.</summary>
    /// <param name="place">VOLUME:/path, or a path alone where only one volume has it; FILE:STREAM for a stream of NTFS.</param>
    /// <param name="output">Where they go.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="GuestFileException">There is no such file, or it cannot be read; what was read before is written.</exception>
    public async Task CatAsync(string place, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        var location = await GuestLocation.ResolveAsync(_disks, place, followLast: true, cancellationToken).ConfigureAwait(false);
        if (location.Stream is null && FileWords.WithoutBytes(location.Entry.Kind) is { } other)
        {
            // The readers know the entry by its number; whoever asked knows it by this path.
            throw new GuestFileException(GuestFileErrorCodes.NotAFile, place, $"{place} is {other}.");
        }

        var content = await location.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            await ContentPieces.ReadAsync(content, skipsHoles: false, (_, piece) => output.WriteAsync(piece, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    static string Role(VolumeRole role) => role switch
    {
        VolumeRole.Partition => "partition",
        VolumeRole.LogicalVolume => "logicalVolume",
        _ => "wholeDisk",
    };

    static Failure Told(GuestProblem problem) =>
        new(problem.Code, problem.Subject, "read the volumes", problem.Message, problem.IsWarning ? "" : GuestAdvice.Next(problem.Code));
}
