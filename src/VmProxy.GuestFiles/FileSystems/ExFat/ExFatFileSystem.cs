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

    public ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken) =>
        ClusterDirectory.FindAsync(this, directory, entry => _upcase.AreSame(entry.Name, name), cancellationToken);

    public IAsyncEnumerable<GuestEntry> ListAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken) =>
        EntriesAsync(_heap, (ExFatEntry)ClusterDirectory.Require(directory), _name, new ExFatDirectoryParser(_name, _heap), problems, cancellationToken);

    public async ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken)
    {
        if (ClusterDirectory.RequireFile(file).Size == 0)
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
        await foreach (var entry in ClusterDirectory.ListAsync(heap.Reader, chain.Pieces, chain.Problem, subject, parser, problems, cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }
}
