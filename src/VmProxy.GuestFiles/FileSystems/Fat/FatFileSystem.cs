using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>FAT12, FAT16 and FAT32 with long names (Microsoft's FAT specification 1.03).</summary>
sealed class FatFileSystem : IGuestFileSystem
{
    /// <summary>No directory entry lies so far in front.</summary>
    const ulong RootId = 1;

    readonly GuestReader _reader;
    readonly FatVolume _volume;

    FatFileSystem(GuestReader reader, FatVolume volume, IReadOnlyList<GuestProblem> findings, string label)
    {
        _reader = reader;
        _volume = volume;
        Findings = findings;
        var boot = volume.Boot;
        Info = new GuestFileSystemInfo("vfat", label, boot.Uuid, boot.Sectors * (long)boot.SectorSize, boot.ClusterSize) { IgnoresCase = true };
        Root = RootOf(volume);
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
            var boot = await FatBoot.ReadAsync(reader, name, findings, cancellationToken).ConfigureAwait(false);
            if (boot.ClusterCount == 0)
            {
                throw GuestFileException.Damaged(name, $"The boot sector of {name} leaves no room for any cluster.");
            }

            if (boot.Sectors * (long)boot.SectorSize > device.Length)
            {
                findings.Add(GuestFileException.Damaged(
                    name, $"The file system on {name} has {boot.Sectors * (long)boot.SectorSize} bytes and the volume {device.Length}: what lies behind cannot be read.").ToProblem() with { IsWarning = true });
            }

            var tables = await FatTables.ChooseAsync(reader, boot, name, findings, cancellationToken).ConfigureAwait(false);
            var links = new ClusterLinks(reader, name, tables, boot.Width, boot.ClusterCount);
            var volume = new FatVolume(name, boot, new ClusterHeap(reader, name, boot.Heap, boot.ClusterSize, links));
            return new FatFileSystem(reader, volume, findings, await LabelAsync(volume, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken) => ClusterDirectory.FindAsync(
        this, directory,
        entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || ((FatEntry)entry).ShortName.Equals(name, StringComparison.OrdinalIgnoreCase), cancellationToken);

    public IAsyncEnumerable<GuestEntry> ListAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken) =>
        EntriesAsync(_volume, (FatEntry)ClusterDirectory.Require(directory), new FatDirectoryParser(_volume), problems, cancellationToken);

    public async ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken)
    {
        if (ClusterDirectory.RequireFile(file).Size == 0)
        {
            return new BytesContent(default);
        }

        var heap = _volume.Heap;
        var chain = await heap.FollowAsync(((FatEntry)file).FirstCluster, heap.ClustersOf(file.Size), cancellationToken).ConfigureAwait(false);
        return new ClusterContent(heap, chain, file.Size, file.Size, file.Name);
    }

    public ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<GuestStream>>([]);

    public ValueTask<IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken) =>
        throw new GuestFileException(GuestFileErrorCodes.NotFound, entry.Name, $"{entry.Name} has no stream {stream}: FAT has none.");

    public ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<GuestAttribute>>([]);

    public ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken) =>
        throw new GuestFileException(GuestFileErrorCodes.NotALink, link.Name, $"{link.Name} is no link: FAT has none.");

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    static FatEntry RootOf(FatVolume volume) => new() { Name = "", Id = RootId, Kind = GuestEntryKind.Directory, FirstCluster = volume.Boot.RootCluster, DosAttributes = 0x10 };

    /// <summary>The label is an entry of the root directory; the boot sector can have an older one.</summary>
    static async ValueTask<string> LabelAsync(FatVolume volume, CancellationToken cancellationToken)
    {
        var parser = new FatDirectoryParser(volume);
        await foreach (var entry in EntriesAsync(volume, RootOf(volume), parser, new GuestProblems(), cancellationToken).ConfigureAwait(false))
        {
            if (parser.Label is not null)
            {
                break;
            }
        }

        return parser.Label ?? volume.Boot.Label;
    }

    static async IAsyncEnumerable<GuestEntry> EntriesAsync(
        FatVolume volume, FatEntry directory, FatDirectoryParser parser, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var subject = directory.Name.Length == 0 ? $"root directory of {volume.Name}" : directory.Name;
        var (pieces, problem) = await PiecesAsync(volume, directory, cancellationToken).ConfigureAwait(false);
        await foreach (var entry in ClusterDirectory.ListAsync(volume.Heap.Reader, pieces, problem, subject, parser, problems, cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    static async ValueTask<(IEnumerable<ContentPiece> Pieces, GuestProblem? Problem)> PiecesAsync(FatVolume volume, FatEntry directory, CancellationToken cancellationToken)
    {
        if (directory.Id == RootId && volume.Boot.Width != 28)
        {
            return ([new ContentPiece(0, volume.Boot.RootEntries * (long)ClusterDirectory.SlotSize, volume.Boot.Root)], null);
        }

        var chain = await volume.Heap.FollowAsync(directory.FirstCluster, volume.Heap.ClustersOf(FatVolume.MaxDirectory), cancellationToken).ConfigureAwait(false);
        return (chain.Pieces, chain.Problem);
    }
}
