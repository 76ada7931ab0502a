using Dapper;

namespace VmProxy.Catalog;

/// <summary>
/// The searchable record of one installation, in one SQLite file: VMs, points, runs, the journal of changes in vCenter, and capacity history.
/// Safe from many threads, and from several processes on one machine. The file must lie on a local file system (SQLite's WAL needs shared memory).
/// </summary>
public sealed class CatalogDatabase : IAsyncDisposable
{
    readonly CatalogFile _file;

    CatalogDatabase(CatalogFile file, Installation installation, TimeProvider time)
    {
        _file = file;
        Installation = installation;
        Points = new PointStore(file, time);
        Runs = new RunStore(file, time);
        Journal = new Journal(file, time);
        Capacity = new CapacityStore(file);
        VmSpaces = new VmSpaceStore(file);
        FileSurveys = new FileSurveyStore(file);
        RepositorySamples = new RepositorySampleStore(file);
        Vms = new VmStore(file, time);
        ChangeTrackingDoubts = new ChangeTrackingDoubtStore(file, time);
        Proofs = new TransportProofStore(file, time);
        ServiceTasks = new ServiceTaskStore(file, time);
        StandingNotices = new StandingNoticeStore(file, time);
        OutgoingNotices = new OutgoingNoticeStore(file, time);
    }

    /// <summary>The catalog's file.</summary>
    public string Path => _file.Path;

    /// <summary>Who we are, and the key that marks what is ours.</summary>
    public Installation Installation { get; }

    /// <summary>Index of restore points.</summary>
    public PointStore Points { get; }

    /// <summary>Runs, their results per VM, and the lease of each running one.</summary>
    public RunStore Runs { get; }

    /// <summary>Changes in vCenter, written before they are made.</summary>
    public Journal Journal { get; }

    /// <summary>Capacity samples per datastore.</summary>
    public CapacityStore Capacity { get; }

    /// <summary>What each VM took on each datastore.</summary>
    public VmSpaceStore VmSpaces { get; }

    /// <summary>The last search of each datastore's files.</summary>
    public FileSurveyStore FileSurveys { get; }

    /// <summary>Samples of repositories.</summary>
    public RepositorySampleStore RepositorySamples { get; }

    /// <summary>VMs ever seen.</summary>
    public VmStore Vms { get; }

    /// <summary>Disks whose changed areas were found to be wrong.</summary>
    public ChangeTrackingDoubtStore ChangeTrackingDoubts { get; }

    /// <summary>What comparisons of transports have proved.</summary>
    public TransportProofStore Proofs { get; }

    /// <summary>What the service has begun and ended.</summary>
    public ServiceTaskStore ServiceTasks { get; }

    /// <summary>What stands, and what somebody was told of it.</summary>
    public StandingNoticeStore StandingNotices { get; }

    /// <summary>Notices on their way.</summary>
    public OutgoingNoticeStore OutgoingNotices { get; }

    /// <summary>Opens the catalog; makes it when the file does not exist, and brings an older schema up to date.</summary>
    /// <param name="path">The file. Its folder is made when missing; the file is readable by its owner only, for it holds the mark's key.</param>
    /// <param name="time">Clock of everything that the catalog records.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="CatalogException">
    /// <see cref="CatalogErrorCodes.Newer"/>, <see cref="CatalogErrorCodes.Damaged"/>, <see cref="CatalogErrorCodes.Unavailable"/>,
    /// <see cref="CatalogErrorCodes.Busy"/> or <see cref="CatalogErrorCodes.NoSpace"/>.
    /// </exception>
    public static async Task<CatalogDatabase> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        var file = new CatalogFile(System.IO.Path.GetFullPath(path));
        CreateForOwnerOnly(file.Path);
        try
        {
            await SchemaUpgrade.RunAsync(file, cancellationToken).ConfigureAwait(false);
            return new CatalogDatabase(file, await Installation.LoadAsync(file, time, cancellationToken).ConfigureAwait(false), time);
        }
        catch
        {
            file.Close();
            throw;
        }
    }

    /// <summary>Reads the whole file; "ok", or the first thing that is wrong with it.</summary>
    internal Task<string?> CheckAsync(CancellationToken cancellationToken) => _file.ReadAsync(
        "checking", connection => connection.ExecuteScalarAsync<string>(new CommandDefinition("PRAGMA quick_check(1)", cancellationToken: cancellationToken)),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _file.Close();
        return ValueTask.CompletedTask;
    }

    static void CreateForOwnerOnly(string path)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            // SQLite gives its -wal and -shm files the mode of the database, so making the file first is enough.
            var options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var created = new FileStream(path, options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CatalogException(CatalogErrorCodes.Unavailable, path,
                $"Catalog '{path}' cannot be opened: {exception.Message} Check the path and its rights (VmProxy:Catalog:Path).", exception);
        }
    }
}
