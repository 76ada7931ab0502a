using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>exFAT, also the form with two tables that is safe in transactions (Microsoft's exFAT specification, revision 1.00).</summary>
sealed class ExFatFileSystem : IGuestFileSystem
{
    /// <summary>No directory entry lies so far in front.</summary>
    const ulong RootId = 1;

    /// <summary>The longest directory that the specification allows.</summary>
    const long MaxDirectory = 256 * 1024 * 1024;

    readonly GuestReader _reader;
    readonly string _name;
    readonly ClusterHeap _heap;
    readonly ExFatUpcase _upcase;

    ExFatFileSystem(GuestReader reader, string name, ExFatBoot boot, ClusterHeap heap, ExFatUpcase upcase, IReadOnlyList<GuestProblem> findings, string label)
    {
        _reader = reader;
        _name = name;
        _heap = heap;
        _upcase = upcase;
        Findings = findings;
        Info = new GuestFileSystemInfo("exfat", label, boot.Uuid, boot.Length, boot.ClusterSize) { IgnoresCase = true };
        Root = RootOf(boot);
    }

    public GuestFileSystemInfo Info { get; }

    public IReadOnlyList<GuestProblem> Findings { get; }

    public GuestEntry Root { get; }

    /// <summary>Opens a volume.</summary>
    /// <exception cref="GuestFileException">It is damaged beyond opening.</exception>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static async ValueTask<IGuestFileSystem> OpenAsync(IBlockDevice device, string name, CancellationToken cancellationToken)
    {
        var reader = new GuestReader(device);
        try
        {
            var findings = new List<GuestProblem>();
            var boot = await ExFatBoot.ReadAsync(reader, name, findings, cancellationToken).ConfigureAwait(false);
            if (boot.Length > device.Length)
            {
                findings.Add(GuestFileException.Damaged(
                    name, $"The file system on {name} has {boot.Length} bytes and the volume {device.Length}: what lies behind cannot be read.").ToProblem() with { IsWarning = true });
            }

            var heap = new ClusterHeap(reader, name, boot.Heap, boot.ClusterSize, new ClusterLinks(reader, name, [boot.Table], 32, boot.ClusterCount));
            var parser = new ExFatDirectoryParser(name, heap);
            await foreach (var entry in EntriesAsync(heap, RootOf(boot), name, parser, new GuestProblems(), cancellationToken).ConfigureAwait(false))
            {
                if (parser is { Label: not null, Upcase: not null })
                {
                    break;
                }
            }

            var upcase = await ExFatUpcase.ReadAsync(parser.Upcase, heap, name, findings, cancellationToken).ConfigureAwait(false);
            return new ExFatFileSystem(reader, name, boot, heap, upcase, findings, parser.Label ?? "");
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken)
    {
        var problems = new GuestProblems();
        await foreach (var entry in ListAsync(directory, problems, cancellationToken).ConfigureAwait(false))
        {
            if (_upcase.AreSame(entry.Name, name))
            {
                return entry;
            }
        }

        return problems.First is [var problem, ..] ? throw problem.ToException() : null;
    }

    public IAsyncEnumerable<GuestEntry> ListAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return directory.Kind != GuestEntryKind.Directory
            ? throw new GuestFileException(GuestFileErrorCodes.NotADirectory, directory.Name, $"{directory.Name} is no directory.")
            : directory.Problem is { IsWarning: false } problem ? throw problem.ToException()
            : EntriesAsync(_heap, (ExFatEntry)directory, _name, new ExFatDirectoryParser(_name, _heap), problems, cancellationToken);
    }

    public async ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Kind != GuestEntryKind.File)
        {
            throw new GuestFileException(GuestFileErrorCodes.NotAFile, file.Name, $"{file.Name} is no file.");
        }

        if (file.Problem is { IsWarning: false } problem)
        {
            throw problem.ToException();
        }

        if (file.Size == 0)
        {
            return new BytesContent(default);
        }

        var entry = (ExFatEntry)file;
        return new ClusterContent(_heap, await ChainAsync(_heap, entry, entry.DataLength, cancellationToken).ConfigureAwait(false), entry.Size, entry.ValidLength, entry.Name);
    }

    public ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<GuestStream>>([]);

    public ValueTask<IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken) =>
        throw new GuestFileException(GuestFileErrorCodes.NotFound, entry.Name, $"{entry.Name} has no stream {stream}: exFAT has none.");

    public ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<GuestAttribute>>([]);

    public ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken) =>
        throw new GuestFileException(GuestFileErrorCodes.NotALink, link.Name, $"{link.Name} is no link: exFAT has none.");

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    /// <summary>The root directory has no entry of its own: its chain tells how long it is.</summary>
    static ExFatEntry RootOf(ExFatBoot boot) => new()
    {
        Name = "", Id = RootId, Kind = GuestEntryKind.Directory, DosAttributes = 0x10, FirstCluster = boot.RootCluster, DataLength = MaxDirectory, ValidLength = MaxDirectory, IsContiguous = false,
    };

    static async ValueTask<ClusterChain> ChainAsync(ClusterHeap heap, ExFatEntry entry, long length, CancellationToken cancellationToken) =>
        entry.IsContiguous ? heap.Contiguous(entry.FirstCluster, heap.ClustersOf(length))
            : await heap.FollowAsync(entry.FirstCluster, heap.ClustersOf(length), cancellationToken).ConfigureAwait(false);

    static async IAsyncEnumerable<GuestEntry> EntriesAsync(
        ClusterHeap heap, ExFatEntry directory, string name, ExFatDirectoryParser parser, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var subject = directory.Name.Length == 0 ? $"root directory of {name}" : directory.Name;
        var chain = await ChainAsync(heap, directory, Math.Min(directory.DataLength, MaxDirectory), cancellationToken).ConfigureAwait(false);
        var problem = chain.Problem;
        await using var chunks = DirectoryChunks.ReadAsync(heap.Reader, chain.Pieces, subject, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (!parser.IsAtEnd)
        {
            try
            {
                if (!await chunks.MoveNextAsync().ConfigureAwait(false))
                {
                    break;
                }
            }
            catch (GuestFileException exception)
            {
                problem = exception.ToProblem();
                break;
            }

            var (place, bytes) = chunks.Current;
            for (var at = 0; at <= bytes.Length - ExFatDirectoryParser.SlotSize && !parser.IsAtEnd; at += ExFatDirectoryParser.SlotSize)
            {
                if (parser.Next(bytes.Span.Slice(at, ExFatDirectoryParser.SlotSize), place + at, problems) is { } entry)
                {
                    yield return entry;
                }
            }
        }

        if (problem is not null && !parser.IsAtEnd)
        {
            problems.Add(problem with { Subject = subject, Message = $"The directory {subject} cannot be read to its end. {problem.Message}" });
        }
    }
}
