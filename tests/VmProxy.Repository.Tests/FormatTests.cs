using System.Text.Json;

namespace VmProxy.Repository.Tests;

/// <summary>What is written is what docs/FORMAT.md says, as a reader finds that was written from it alone.</summary>
public sealed class FormatTests
{
    [Test]
    public async Task The_second_reader_restores_every_point([Values] bool encrypted)
    {
        var passphrase = encrypted ? TestRepository.Passphrase : null;
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, passphrase);

        // Three levels of pages at 512 bytes a chunk.
        var first = new byte[70 << 20];
        TestRepository.Content(1, 1 << 20).CopyTo(first, 0);
        TestRepository.Content(2, 900_000).CopyTo(first, 66 << 20);
        var second = (byte[])first.Clone();
        second.AsSpan(5120, 512).Fill(9);
        second.AsSpan(40 << 20, 512).Fill(8);
        second.AsSpan(66 << 20, 4096).Clear();

        var (full, _) = await TestRepository.WriteAsync(repository, first, step: 64 << 10);
        var map = full.Disks[0].Map;
        Assert.That(map.Levels, Is.EqualTo(3));
        var (next, _) = await TestRepository.WriteAsync(repository, second, map, [(5120, 512), (40 << 20, 512), (66 << 20, 4096)]);
        await using (var session = await repository.BeginSessionAsync(default))
        {
            var blob = await session.StoreBlobAsync("web01.vmx", "numvcpus = 2"u8.ToArray(), default);
            await session.CommitAsync(TestRepository.Manifest(map) with { Blobs = [blob] }, default);
        }

        var reader = new GoldenReader(store.Names.ToDictionary(name => name, store.Content), passphrase);
        var points = reader.Points();
        Assert.That(points, Has.Count.EqualTo(3));
        Assert.That(reader.Disk(MapOf(points[full.Id])).AsSpan().SequenceEqual(first), Is.True);
        Assert.That(reader.Disk(MapOf(points[next.Id])).AsSpan().SequenceEqual(second), Is.True);
        Assert.That(reader.PatchPages, Is.GreaterThan(0));
        Assert.That(reader.IndexedIds(), Has.Count.EqualTo(reader.Chunks));
        Assert.That(reader.DefaultChunkSize, Is.EqualTo(512));
        var withBlob = points.Values.Single(point => point.GetProperty("blobs").GetArrayLength() == 1);
        Assert.That(reader.Blob(withBlob.GetProperty("blobs")[0]), Is.EqualTo("numvcpus = 2"u8.ToArray()));
    }

    [Test]
    public async Task Members_of_a_later_version_survive()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var (point, _) = await TestRepository.WriteAsync(repository, TestRepository.Content(1, 4096));
        var json = JsonSerializer.Serialize(point, Points.PointJson.Default.RestorePoint)
            .Replace("\"moRef\"", "\"future\":{\"a\":[1]},\"moRef\"", StringComparison.Ordinal)
            .Replace("\"level\"", "\"later\":7,\"level\"", StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize(json, Points.PointJson.Default.RestorePoint)!;
        await using var session = await repository.BeginSessionAsync(default);
        var stored = await repository.ReadPointAsync((await session.CommitAsync(read with { Id = "" }, default)).Id, default);
        var again = JsonSerializer.Serialize(stored, Points.PointJson.Default.RestorePoint);
        Assert.That(again, Does.Contain("\"future\":{\"a\":[1]}").And.Contain("\"later\":7"));
    }

    [Test]
    public async Task Point_ids_sort_by_time_and_are_unique()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var ids = new List<string>();
        for (var second = 0; second < 20; second++)
        {
            await using var session = await repository.BeginSessionAsync(default);
            var time = new DateTimeOffset(2026, 11, 22, 23, 15, 5, TimeSpan.FromHours(2)).AddSeconds(second);
            ids.Add((await session.CommitAsync(
                TestRepository.Manifest(new DiskMap { Length = 0, ChunkSize = 512, Levels = 1 }) with { Time = time }, default)).Id);
        }

        Assert.That(ids, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Assert.That(ids[0], Does.Match("^20261122T211505Z-[0-9a-z]{4}$"));
        Assert.That((await repository.ListPointsAsync(default)).Select(point => point.Id), Is.EqualTo(ids));
        await using var twice = await repository.BeginSessionAsync(default);
        Assert.That(async () => await twice.CommitAsync(
            TestRepository.Manifest(new DiskMap { Length = 0, ChunkSize = 512, Levels = 1 }) with { Id = ids[3] }, default),
            Throws.InstanceOf<RepositoryException>().With.Property("Code").EqualTo(RepositoryErrorCodes.Exists));
    }

    static JsonElement MapOf(JsonElement point) => point.GetProperty("disks")[0].GetProperty("map");
}
