namespace VmProxy.Repository.Tests;

/// <summary>A point that says impossible things is damage that is named; it stops nothing else, and nothing runs without end.</summary>
[CancelAfter(30_000)]
public sealed class HostilePointTests
{
    MemoryObjectStore _store = null!;
    BackupRepository _repository = null!;

    [SetUp]
    public async Task MakeAsync()
    {
        _store = new MemoryObjectStore(TimeProvider.System);
        _repository = await TestRepository.CreateAsync(_store);
        await TestRepository.WriteAsync(_repository, TestRepository.Content(3, 16 * 1024));
    }

    [TearDown]
    public async Task EndAsync() => await _repository.DisposeAsync();

    [TestCase("\"vm\":null")]
    [TestCase("\"vm\":{},\"disks\":[null]")]
    [TestCase("\"vm\":{},\"disks\":[{\"key\":1,\"map\":null}]")]
    [TestCase("\"vm\":{},\"blobs\":[null]")]
    [TestCase("\"vm\":{},\"blobs\":[{\"name\":\"a\",\"length\":1,\"chunks\":[null]}]")]
    [TestCase("\"vm\":{},\"warnings\":[null]")]
    [TestCase("\"vm\":{},\"session\":\"../../x\"")]
    [TestCase("\"vm\":{},\"session\":\"\"")]
    [TestCase("\"vm\":{},\"session\":\"0123456789ABCDEF0123456789ABCDEF\"")]
    public async Task What_nothing_can_stand_for_is_damage_of_the_point(string members, CancellationToken cancellationToken)
    {
        var name = Put(HostilePoint.WithMembers(members));
        var points = await _repository.ListPointsAsync(cancellationToken);
        Assert.That(points, Has.Count.EqualTo(1));
        Assert.That(points.Damaged.Select(error => (error.Code, error.Object)), Is.EqualTo(new[] { (RepositoryErrorCodes.Damaged, name) }));
        Assert.That((await CheckAsync(cancellationToken)).Findings.Select(finding => finding.Object), Is.EqualTo([name]));
        Assert.That(
            async () => await _repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, cancellationToken), Refuses);
    }

    [Test]
    public async Task An_id_that_is_null_or_of_another_point_is_damage()
    {
        Put("""{"id":null,"time":"2026-01-01T00:00:00Z","vm":{}}""");
        Assert.That((await _repository.ListPointsAsync(default)).Damaged, Has.Count.EqualTo(1));
        Put("""{"id":"20260101T000000Z-zzzz","time":"2026-01-01T00:00:00Z","vm":{}}""");
        Assert.That((await _repository.ListPointsAsync(default)).Damaged, Has.Count.EqualTo(1));
    }

    [TestCase("\"vm\":{}")]
    [TestCase("\"vm\":{\"name\":null},\"disks\":null,\"blobs\":null,\"excludedDisks\":null,\"warnings\":null,\"properties\":null,\"level\":null")]
    [TestCase("\"vm\":{},\"disks\":[{\"key\":2000,\"map\":{\"length\":512,\"chunkSize\":512,\"levels\":1}}],\"excludedDisks\":[{\"key\":1}],\"properties\":{\"a\":null}")]
    [TestCase("\"vm\":{},\"blobs\":[{\"length\":0}]")]
    public async Task Absent_members_are_empty(string members, CancellationToken cancellationToken)
    {
        Put(HostilePoint.WithMembers(members));
        var point = (await _repository.ListPointsAsync(cancellationToken)).Single(point => point.Id == HostilePoint.Id);
        Assert.That((point.Level, point.Vm.Name, point.Warnings.Count, point.Properties.Count), Is.EqualTo(("full", "", 0, 0)));
        Assert.That(point.Disks.Select(disk => (disk.Label, disk.Properties.Count, disk.Reasons.Count)), Is.All.EqualTo(("", 0, 0)));
        Assert.That((await CheckAsync(cancellationToken)).Findings, Is.Empty);
        await _repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, cancellationToken);
    }

    [TestCase("""{"length":512,"chunkSize":0,"levels":1}""")]
    [TestCase("""{"length":512,"chunkSize":-512,"levels":1}""")]
    [TestCase("""{"length":-5,"chunkSize":512,"levels":1}""")]
    [TestCase("""{"length":512,"chunkSize":512,"levels":1,"root":"zz"}""")]
    [TestCase("""{"length":512,"chunkSize":512,"levels":1,"root":""}""")]
    [TestCase("""{"length":512,"chunkSize":512,"levels":2147483647}""")]
    [TestCase("""{"length":9223372036854775807,"chunkSize":512,"levels":1}""")]
    [TestCase("""{"length":4611686018427387904,"chunkSize":512,"levels":8}""")]
    public async Task An_impossible_map_is_damage_for_everybody(string map, CancellationToken cancellationToken)
    {
        Put(HostilePoint.WithMap(map));
        var point = await _repository.ReadPointAsync(HostilePoint.Id, cancellationToken);
        var result = await _repository.VerifyDiskAsync(point, 2000, null, cancellationToken);
        Assert.That((result.IsIntact, result.Damaged.Count), Is.EqualTo((false, 1)));
        Assert.That(async () => await _repository.OpenDiskAsync(point, 2000, cancellationToken), Fails);
        Assert.That(async () => await _repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, cancellationToken), Refuses);
        Assert.That((await CheckAsync(cancellationToken)).Findings.Select(finding => finding.Code), Is.EqualTo([CheckCodes.Map]));
        await using var session = await _repository.BeginSessionAsync(cancellationToken);
        Assert.That(() => session.OpenDiskWriter(new DiskWriterOptions { Length = 512, Base = point.Disks[0].Map }), Fails);
    }

    [Test]
    public async Task The_longest_disk_without_content_is_decided_at_once([Values] bool hasLostRoot, CancellationToken cancellationToken)
    {
        var root = hasLostRoot ? $",\"root\":\"{HostilePoint.Page}\"" : "";
        Put(HostilePoint.WithMap($$"""{"length":{{1L << 54}},"chunkSize":512,"levels":6{{root}}}"""));
        var point = await _repository.ReadPointAsync(HostilePoint.Id, cancellationToken);
        var result = await _repository.VerifyDiskAsync(point, 2000, null, cancellationToken);
        Assert.That(result.Damaged.Select(range => (range.Offset, range.Length)), Is.EqualTo(hasLostRoot ? new[] { (0L, 1L << 54) } : []));
        Assert.That((result.IsIntact, result.DamagedBytes), Is.EqualTo((!hasLostRoot, hasLostRoot ? 1L << 54 : 0)));
        Assert.That((await CheckAsync(cancellationToken)).Findings, Has.Count.EqualTo(hasLostRoot ? 1 : 0));
    }

    [Test]
    public async Task A_file_that_names_an_impossible_chunk_is_damaged()
    {
        Put(HostilePoint.WithMembers("\"vm\":{},\"blobs\":[{\"name\":\"a\",\"length\":1,\"chunks\":[\"zz\"]}]"));
        var point = await _repository.ReadPointAsync(HostilePoint.Id, default);
        Assert.That(async () => await _repository.ReadBlobAsync(point.Blobs[0], default), Fails);
        Assert.That(async () => await _repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, default), Refuses);
        Assert.That((await CheckAsync(default)).Findings.Select(finding => finding.Code), Is.EqualTo([CheckCodes.Map]));
    }

    static NUnit.Framework.Constraints.IResolveConstraint Fails =>
        Throws.InstanceOf<RepositoryException>().With.Property("Code").EqualTo(RepositoryErrorCodes.Damaged);

    static NUnit.Framework.Constraints.IResolveConstraint Refuses =>
        Throws.InstanceOf<RepositoryException>().With.Property("Code").EqualTo(RepositoryErrorCodes.PruneRefused);

    Task<CheckReport> CheckAsync(CancellationToken cancellationToken) => _repository.CheckAsync(new CheckOptions { ReadData = true }, null, cancellationToken);

    string Put(string json)
    {
        var (name, content) = HostilePoint.Make(_repository, json);
        _store.Tamper(name, content);
        return name;
    }
}
