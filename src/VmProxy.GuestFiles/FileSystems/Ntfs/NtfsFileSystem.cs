using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// NTFS. Sizes come from the MFT, not from the copies in directories; 8.3 names are found and not listed; the files that NTFS keeps its structures in ($MFT, $Extend, …) are
/// found and not listed. A link's target is its substitute name, which Windows follows: relative, or beginning with \??\ and a drive. The log is not replayed: a finding tells
/// when it should be, and files that it concerns carry a warning. Facts: the documentation of the Linux-NTFS project, MS-FSCC, and what ntfs-3g and sleuthkit do.
/// </summary>
public sealed class NtfsFileSystem : IGuestFileSystem
{
    readonly NtfsVolume _volume;

    NtfsFileSystem(NtfsVolume volume, GuestFileSystemInfo info, GuestEntry root, IReadOnlyList<GuestProblem> findings) =>
        (_volume, Info, Root, Findings) = (volume, info, root, findings);

    /// <inheritdoc/>
    public GuestFileSystemInfo Info { get; }

    /// <inheritdoc/>
    public IReadOnlyList<GuestProblem> Findings { get; }

    /// <inheritdoc/>
    public GuestEntry Root { get; }

    /// <summary>Opens a volume.</summary>
    /// <param name="volume">The device, which stays the caller's and must outlive the file system.</param>
    /// <param name="name">How the volume is called in errors.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="GuestFileException">It is no NTFS, or damaged beyond opening.</exception>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static async ValueTask<IGuestFileSystem> OpenAsync(IBlockDevice volume, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(name);
        var findings = new List<GuestProblem>();
        var geometry = await NtfsGeometry.ReadAsync(volume, name, findings, cancellationToken).ConfigureAwait(false);
        var opened = await NtfsVolume.OpenAsync(volume, geometry, name, cancellationToken).ConfigureAwait(false);
        try
        {
            var (info, root) = await new NtfsOpening(opened, findings).RunAsync(cancellationToken).ConfigureAwait(false);
            return new NtfsFileSystem(opened, info, root, findings);
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        await using var index = await OpenIndexAsync(directory, cancellationToken).ConfigureAwait(false);
        if (await new NtfsIndexSearch(_volume, index, name).FindAsync(cancellationToken).ConfigureAwait(false) is not { } reference)
        {
            return null;
        }

        var real = await NtfsEntries.NameInAsync(_volume, index.Directory.Number, reference, name, cancellationToken).ConfigureAwait(false);
        return await NtfsEntries.ReadAsync(_volume, reference, real, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GuestEntry> ListAsync(
        GuestEntry directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var opened = await TryOpenIndexAsync(directory, problems, cancellationToken).ConfigureAwait(false);
        if (opened is null)
        {
            yield break;
        }

        await using var index = opened;
        await foreach (var (name, reference) in NtfsDirectory.NamesAsync(index, problems, cancellationToken).ConfigureAwait(false))
        {
            yield return await NtfsEntries.ReadAsync(_volume, reference, name, cancellationToken).ConfigureAwait(false);
        }

        // Most directories that the log concerns have a warning already: their own record, or the log itself told it.
        if (index.IsInLog && directory.Problem is null)
        {
            problems.Add(NtfsLog.ProblemOf($"MFT record {index.Directory.Number}"));
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<GuestWalkEntry> WalkAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken)
    {
        var root = DirectoryOf(directory);
        ArgumentNullException.ThrowIfNull(problems);

        // All of the MFT is read at once where all of the tree is wanted; below a directory its own records are fewer.
        return root.Reference.Record == NtfsMetafiles.Root && _volume.Mft.Count <= NtfsScan.MaxRecords
            ? NtfsWalk.RootAsync(this, _volume, root, NtfsNodes.MaxNames, problems, cancellationToken)
            : GuestWalk.DepthFirstAsync(this, directory, problems, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken)
    {
        var entry = Own(file);
        if (entry.Problem is { IsWarning: false } problem)
        {
            throw problem.ToException();
        }

        if (entry.Kind != GuestEntryKind.File)
        {
            throw new GuestFileException(GuestFileErrorCodes.NotAFile, entry.Name, $"{entry.Name} is no file but a {entry.Kind}.");
        }

        var loaded = await NtfsEntries.LoadAsync(_volume, entry.Reference, entry.Name, cancellationToken).ConfigureAwait(false);
        var data = loaded.Find(_volume, NtfsAttributeType.Data, "");
        return entry.ReparseTag == NtfsReparseTag.Wof ? await OpenWofAsync(loaded, data?.Size ?? 0, entry.Name, cancellationToken).ConfigureAwait(false)
            : data is null ? new BytesContent(default)
            : _volume.Open(data, entry.Name);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken)
    {
        var own = Own(entry);
        var loaded = await NtfsEntries.LoadAsync(_volume, own.Reference, own.Name, cancellationToken).ConfigureAwait(false);

        // The chunks of a compressed file are its content, and not one more stream.
        return [.. loaded.Named(NtfsAttributeType.Data).Where(stream => own.ReparseTag != NtfsReparseTag.Wof || stream.Name != WofContent.StreamName)];
    }

    /// <inheritdoc/>
    public async ValueTask<IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        var own = Own(entry);
        var loaded = await NtfsEntries.LoadAsync(_volume, own.Reference, own.Name, cancellationToken).ConfigureAwait(false);
        var data = loaded.Find(_volume, NtfsAttributeType.Data, stream) ?? loaded.Find(_volume, NtfsAttributeType.Data, stream, ignoreCase: true);
        return data is null
            ? throw new GuestFileException(GuestFileErrorCodes.NotFound, own.Name, $"{own.Name} has no stream {stream}.")
            : _volume.Open(data, $"{own.Name}:{stream}");
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken)
    {
        var own = Own(entry);
        var loaded = await NtfsEntries.LoadAsync(_volume, own.Reference, own.Name, cancellationToken).ConfigureAwait(false);
        return loaded.Find(_volume, NtfsAttributeType.ExtendedAttributes, "") is { } list
            ? NtfsExtendedAttributes.Parse(await _volume.ReadAsync(list, NtfsExtendedAttributes.MaxBytes, cancellationToken).ConfigureAwait(false))
            : [];
    }

    /// <inheritdoc/>
    public async ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken)
    {
        var own = Own(link);
        if (own.Kind is not (GuestEntryKind.SymbolicLink or GuestEntryKind.Junction))
        {
            throw new GuestFileException(GuestFileErrorCodes.NotALink, own.Name, $"{own.Name} is no link but a {own.Kind}.");
        }

        var loaded = await NtfsEntries.LoadAsync(_volume, own.Reference, own.Name, cancellationToken).ConfigureAwait(false);
        return NtfsReparsePoint.Target(await ReadReparseAsync(loaded, own.Name, cancellationToken).ConfigureAwait(false), own.Name);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _volume.DisposeAsync();

    static NtfsEntry Own(GuestEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry as NtfsEntry ?? throw new ArgumentException("The entry is of another file system.", nameof(entry));
    }

    static NtfsEntry DirectoryOf(GuestEntry directory)
    {
        var own = Own(directory);
        return own.Kind == GuestEntryKind.Directory ? own
            : throw new GuestFileException(GuestFileErrorCodes.NotADirectory, own.Name, $"{own.Name} is no directory but a {own.Kind}.");
    }

    async ValueTask<NtfsIndex> OpenIndexAsync(GuestEntry directory, CancellationToken cancellationToken)
    {
        var own = DirectoryOf(directory);
        var loaded = await NtfsEntries.LoadAsync(_volume, own.Reference, own.Name, cancellationToken).ConfigureAwait(false);
        return await NtfsIndex.OpenAsync(_volume, loaded, cancellationToken).ConfigureAwait(false);
    }

    async ValueTask<NtfsIndex?> TryOpenIndexAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenIndexAsync(directory, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception) when (exception.Code != GuestFileErrorCodes.NotADirectory)
        {
            problems.Add(exception);
            return null;
        }
    }

    async ValueTask<byte[]> ReadReparseAsync(NtfsFile file, string name, CancellationToken cancellationToken) =>
        file.Find(_volume, NtfsAttributeType.ReparsePoint, "") is { } reparse
            ? await _volume.ReadAsync(reparse, NtfsReparsePoint.MaxBytes, cancellationToken).ConfigureAwait(false)
            : throw GuestFileException.Damaged(name, $"{name} has no reparse point any more.");

    async ValueTask<IBlockDevice> OpenWofAsync(NtfsFile file, long size, string name, CancellationToken cancellationToken)
    {
        var algorithm = NtfsReparsePoint.Wof(await ReadReparseAsync(file, name, cancellationToken).ConfigureAwait(false), name);
        var chunks = file.Find(_volume, NtfsAttributeType.Data, WofContent.StreamName)
            ?? throw GuestFileException.Damaged(name, $"{name} is compressed by WOF, and its stream {WofContent.StreamName} is missing.");
        return WofContent.Open(_volume.Open(chunks, $"{name}:{WofContent.StreamName}"), size, algorithm, name);
    }
}
