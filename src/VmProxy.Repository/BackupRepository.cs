using VmProxy.Blocks;
using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Maintenance;
using VmProxy.Repository.Maps;
using VmProxy.Repository.Packs;
using VmProxy.Repository.Points;
using VmProxy.Repository.Reading;
using VmProxy.Repository.Rebuild;

namespace VmProxy.Repository;

/// <summary>
/// The chunk store: restore points whose disks share their chunks. docs/FORMAT.md is its format. All members may be called from many
/// threads at once, and any number of processes may have the same store open.
/// </summary>
public sealed partial class BackupRepository : IAsyncDisposable
{
    internal static readonly TimeSpan MergedSegmentsStay = TimeSpan.FromHours(24);

    readonly RepositoryHeader _header;
    readonly FrameCache _frames;
    readonly SemaphoreSlim _beginning = new(1);

    internal BackupRepository(IObjectStore store, RepositoryHeader header, KeySet keys, KeyChain chain, TimeProvider time, Tuning tuning)
    {
        (Store, _header, Keys, Time, Tuning) = (store, header, keys, time, tuning);
        Zstd = new ZstdPool(tuning.CompressionLevel);
        Index = new ChunkIndex(store, keys.IndexKey);
        var frameReader = new FrameReader(store, keys, Zstd);
        _frames = new FrameCache(frameReader, tuning.FrameCacheBytes);
        Reader = new ChunkReader(Index, _frames, frameReader, keys);
        Sessions = new SessionNotes(new NoteStore(store, keys, header.Seal), time);
        PointStore = new PointStore(store, keys, header.Seal, Zstd, Sessions, tuning);
        KeyAdministration = new KeyAdministration(this, chain);
    }

    /// <summary>The repository's random id, 32 hexadecimal digits.</summary>
    public string Id => _header.RepositoryId.ToString();

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created => _header.Created;

    /// <summary>True when what it holds cannot be read without a key.</summary>
    public bool IsEncrypted => _header.Seal == SealKind.AesGcm;

    /// <summary>Chunk size in bytes of disks that name none.</summary>
    public int DefaultChunkSize => _header.DefaultChunkSize;

    /// <summary>Who may open it.</summary>
    public KeyAdministration KeyAdministration { get; }

    internal Task<CompactionReport> CompactIndexAsync(CompactionOptions options, CancellationToken cancellationToken) =>
        new IndexCompactor(Store, Index, Keys.IndexKey, Time, Tuning.MergedSegmentRecords).RunAsync(options, cancellationToken);

    internal IObjectStore Store { get; }

    internal KeySet Keys { get; }

    internal TimeProvider Time { get; }

    internal Tuning Tuning { get; }

    internal ZstdPool Zstd { get; }

    internal ChunkIndex Index { get; }

    internal ChunkReader Reader { get; }

    internal PointStore PointStore { get; }

    internal SessionNotes Sessions { get; }

    internal SealKind Seal => _header.Seal;

    /// <summary>Makes a new repository and opens it.</summary>
    /// <param name="store">An empty place.</param>
    /// <param name="passphrase">Opens the repository from now on; null makes one that is not encrypted.</param>
    /// <param name="options">What is decided once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RepositoryException">REPO_EXISTS: the place holds a repository.</exception>
    public static Task<BackupRepository> InitializeAsync(
        IObjectStore store, string? passphrase, RepositoryOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        RepositoryOpening.InitializeAsync(store, passphrase, options, time, Tuning.Default, cancellationToken);

    /// <summary>Makes a new repository and opens it.</summary>
    /// <param name="store">An empty place.</param>
    /// <param name="key">A passphrase or key file that opens the repository from now on; null makes one that is not encrypted.</param>
    /// <param name="options">What is decided once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RepositoryException">REPO_EXISTS: the place holds a repository.</exception>
    public static Task<BackupRepository> InitializeAsync(
        IObjectStore store, RepositoryKey? key, RepositoryOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        RepositoryOpening.InitializeAsync(store, key, options, time, Tuning.Default, cancellationToken);

    /// <summary>Opens a repository.</summary>
    /// <param name="store">Its place.</param>
    /// <param name="passphrase">Its passphrase; null for one that is not encrypted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="compressionLevel">zstd level of what is written from now on, 1 to 19: higher is smaller and slower.</param>
    /// <exception cref="RepositoryException">REPO_NOT_A_REPOSITORY, REPO_KEY_REQUIRED, REPO_WRONG_KEY, REPO_KEY_DAMAGED, REPO_UNSUPPORTED_VERSION, REPO_DAMAGED.</exception>
    public static Task<BackupRepository> OpenAsync(
        IObjectStore store, string? passphrase, TimeProvider time, CancellationToken cancellationToken, int compressionLevel = 1) =>
        RepositoryOpening.OpenAsync(store, passphrase, time, Tuning.Default with { CompressionLevel = compressionLevel }, cancellationToken);

    /// <summary>Opens a repository with any of its keys.</summary>
    /// <param name="store">Its place.</param>
    /// <param name="key">One of its keys; null for one that is not encrypted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="compressionLevel">zstd level of what is written from now on, 1 to 19: higher is smaller and slower.</param>
    /// <exception cref="RepositoryException">REPO_NOT_A_REPOSITORY, REPO_KEY_REQUIRED, REPO_WRONG_KEY, REPO_KEY_DAMAGED, REPO_UNSUPPORTED_VERSION, REPO_DAMAGED.</exception>
    public static Task<BackupRepository> OpenAsync(
        IObjectStore store, RepositoryKey? key, TimeProvider time, CancellationToken cancellationToken, int compressionLevel = 1) =>
        RepositoryOpening.OpenAsync(store, key, time, Tuning.Default with { CompressionLevel = compressionLevel }, cancellationToken);

    /// <summary>Begins a restore point.</summary>
    /// <exception cref="RepositoryException">REPO_UNSUPPORTED_VERSION: a later program has made it so that this one must not write.</exception>
    public async Task<WriteSession> BeginSessionAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotWritable();

        // Keys may have been rotated since, or this one removed.
        await Keys.RefreshAsync(cancellationToken).ConfigureAwait(false);

        // The note comes before everything that the writer relies on.
        var id = await Sessions.BeginAsync(Owner, cancellationToken).ConfigureAwait(false);
        var session = new WriteSession(this, id);
        try
        {
            await _beginning.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await RefreshDamageAsync(cancellationToken).ConfigureAwait(false);
                await CondemnedPacks.RefreshAsync(Index, Sessions.Notes, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _beginning.Release();
            }

            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>All committed points, oldest first; those that cannot be read are in <see cref="PointList.Damaged"/>.</summary>
    public Task<PointList> ListPointsAsync(CancellationToken cancellationToken) => PointStore.ListAsync(cancellationToken);

    /// <summary>One point by its whole id.</summary>
    /// <exception cref="RepositoryException">REPO_POINT_NOT_FOUND, REPO_DAMAGED.</exception>
    public Task<RestorePoint> ReadPointAsync(string id, CancellationToken cancellationToken) => PointStore.ReadAsync(id, cancellationToken);

    /// <summary>A disk of a point as a block device. Reads throw REPO_DAMAGED, naming chunk, pack and offset, where bytes cannot be proved.</summary>
    /// <exception cref="RepositoryException">REPO_POINT_NOT_FOUND: the point holds no such disk.</exception>
    public Task<IBlockDevice> OpenDiskAsync(RestorePoint point, int diskKey, CancellationToken cancellationToken) =>
        OpenDiskAsync(DiskOf(point, diskKey).Map, cancellationToken);

    /// <summary>The disk of a map as a block device.</summary>
    public async Task<IBlockDevice> OpenDiskAsync(DiskMap map, CancellationToken cancellationToken) =>
        new PointDevice(Reader, await MapReaderAsync(map, cancellationToken).ConfigureAwait(false), Tuning.FramesInFlight);

    /// <summary>Reads and proves every stored chunk of a disk. Damage is in the result; other failures throw.</summary>
    /// <exception cref="RepositoryException">REPO_POINT_NOT_FOUND: the point holds no such disk. REPO_STORE_FAILED.</exception>
    public async Task<VerifyResult> VerifyDiskAsync(
        RestorePoint point, int diskKey, IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var disk = DiskOf(point, diskKey).Map;
        MapReader map;
        try
        {
            map = await MapReaderAsync(disk, cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged && error.Object == MapShape.NameOf(disk))
        {
            var length = Math.Clamp(disk.Length, 0, MapShape.MaxLength);
            return new VerifyResult(0, 0, [new DamagedRange(0, length, error.Message)]) { DamagedBytes = length };
        }

        var verifier = new DiskVerifier(Reader, map, Tuning.FramesInFlight);
        var result = await verifier.RunAsync(progress, cancellationToken).ConfigureAwait(false);
        if (verifier.DamagedFrames.Count > 0)
        {
            await NoteDamageAsync(verifier.DamagedFrames, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>The content of a file that travels with a point.</summary>
    /// <exception cref="RepositoryException">REPO_DAMAGED.</exception>
    public async Task<byte[]> ReadBlobAsync(BlobReference blob, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        await Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        using var content = new MemoryStream();
        foreach (var chunk in blob.Chunks)
        {
            content.Write(await Reader.ReadMetadataAsync(ChunkId.Parse(chunk, blob.Name), cancellationToken).ConfigureAwait(false));
        }

        return content.Length == blob.Length
            ? content.ToArray()
            : throw RepositoryException.Damaged(blob.Name, $"It has {content.Length} bytes where the point says {blob.Length}.");
    }

    /// <summary>
    /// Merges small index segments, when there are many. Lookups get faster; nothing else changes.
    /// May run beside anything else.
    /// </summary>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED: the index is as it was, but for objects that the next compaction removes.</exception>
    public Task<CompactionReport> CompactIndexAsync(CancellationToken cancellationToken) =>
        CompactIndexAsync(new CompactionOptions { KeepMerged = MergedSegmentsStay }, cancellationToken);

    /// <summary>
    /// Makes the index again from the ends of all packs, in one pass, and what still proves itself of the old index. May run beside backups.
    /// </summary>
    /// <param name="progress">Told after each pack.</param>
    /// <param name="cancellationToken">Cancels; the index is as it was then, or better.</param>
    /// <returns>What was read, how fast, and what of the packs is damaged.</returns>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED.</exception>
    public Task<RebuildReport> RebuildIndexAsync(IProgress<RebuildProgress>? progress, CancellationToken cancellationToken) =>
        new IndexRebuild(this, progress).RunAsync(cancellationToken);

    /// <summary>Counts what the repository holds, by listing it.</summary>
    public async Task<RepositoryStatistics> StatisticsAsync(CancellationToken cancellationToken)
    {
        await Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var points = await ListPointsAsync(cancellationToken).ConfigureAwait(false);
        var (dataPacks, dataBytes) = await SumAsync(ObjectNames.DataPacks, cancellationToken).ConfigureAwait(false);
        var (metadataPacks, metadataBytes) = await SumAsync(ObjectNames.MetadataPacks, cancellationToken).ConfigureAwait(false);
        var (segments, indexBytes) = await SumAsync(ObjectNames.IndexSegments, cancellationToken).ConfigureAwait(false);
        var (_, pointBytes) = await SumAsync(ObjectNames.Points, cancellationToken).ConfigureAwait(false);
        return new RepositoryStatistics(
            points.Count, points.Damaged.Count, dataPacks, metadataPacks, segments, dataBytes, metadataBytes, indexBytes, pointBytes,
            Index.RecordCount, Index.Damaged);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _frames.Clear();
        _beginning.Dispose();
        Index.Dispose();
        Zstd.Dispose();
        Keys.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Throws unless this program knows how to write, and to remove, here.</summary>
    internal void ThrowIfNotWritable() => _header.ThrowIfNotWritable(Store.Location);

    async Task<MapReader> MapReaderAsync(DiskMap map, CancellationToken cancellationToken)
    {
        await RefreshDamageAsync(cancellationToken).ConfigureAwait(false);
        await Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return new MapReader(map, new PageCache(Reader.ReadMetadataAsync, Tuning.CachedPages));
    }

    static PointDisk DiskOf(RestorePoint point, int diskKey)
    {
        ArgumentNullException.ThrowIfNull(point);
        return point.Disks.FirstOrDefault(disk => disk.Key == diskKey)
            ?? throw new RepositoryException(RepositoryErrorCodes.PointNotFound, point.Id,
                $"Point {point.Id} holds no disk {diskKey}; it holds {string.Join(", ", point.Disks.Select(disk => $"{disk.Key} ({disk.Label})"))}.");
    }

    async Task<(int Count, long Bytes)> SumAsync(string prefix, CancellationToken cancellationToken)
    {
        var (count, bytes) = (0, 0L);
        await foreach (var info in Store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            (count, bytes) = (count + 1, bytes + info.Length);
        }

        return (count, bytes);
    }
}
