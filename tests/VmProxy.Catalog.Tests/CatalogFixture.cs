using Microsoft.Extensions.Time.Testing;
using VmProxy.Testing;

namespace VmProxy.Catalog.Tests;

/// <summary>A catalog in a folder of its own, under a clock that stands until it is moved.</summary>
abstract class CatalogFixture
{
    protected static readonly RunOwner Owner = new(4711, 123_456, "pid:[1]", "boot-1", "proxy1");
    protected static readonly VmKey Web = new("vc-1", "vm-uuid-web");

    protected TempFolder Folder { get; private set; } = null!;
    protected FakeTimeProvider Time { get; private set; } = null!;
    protected CatalogDatabase Catalog { get; private set; } = null!;
    protected string File => Folder["catalog.db"];

    [SetUp]
    public async Task OpenCatalog()
    {
        Folder = new TempFolder();
        Time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 23, 15, 5, TimeSpan.Zero));
        Catalog = await OpenAsync();
    }

    [TearDown]
    public async Task CloseCatalog()
    {
        await Catalog.DisposeAsync();
        Folder.Dispose();
    }

    protected Task<CatalogDatabase> OpenAsync() => CatalogDatabase.OpenAsync(File, Time, default);

    protected async Task<RunRecord> BeginRunAsync(RunKind kind = RunKind.Backup, RunOwner? owner = null) =>
        await Catalog.Runs.BeginAsync(new RunStart(kind, "nightly", "incremental", "0.1.0"), owner ?? Owner, default);

    protected static JournalEntry SnapshotEntry(string runId) => new()
    {
        RunId = runId,
        Kind = JournalKind.Snapshot,
        VcenterUuid = "vc-1",
        VmMoRef = "VirtualMachine:vm-42",
        VmInstanceUuid = "vm-uuid-web",
        VmName = "web01",
        Mark = $"vmproxy-{runId}",
        Intent = """{"quiesce":"prefer"}""",
    };

    protected static PointRecord Point(string id, DateTimeOffset takenAt, string level = "full", VmKey? vm = null, string repository = "repo-1") => new()
    {
        RepositoryId = repository,
        Id = id,
        TakenAt = takenAt,
        Vm = vm ?? Web,
        VmName = "web01",
        VmMoRef = "VirtualMachine:vm-42",
        Level = level,
        Job = "nightly",
        RunId = "run-1",
        Quiesced = true,
        WarningCount = 2,
        ExcludedDisks = 1,
        StoredBytes = 12_345,
        Disks =
        [
            new PointDiskRecord(2000, "Hard disk 1", "[ds1] web01/web01.vmdk", 4L << 30, "52 aa/7", 1 << 20, 1 << 20, "hotadd"),
            new PointDiskRecord(2001, "Hard disk 2", "[ds1] web01/web01_1.vmdk", 5L << 40, null, 3, 4, "network"),
        ],
    };
}
