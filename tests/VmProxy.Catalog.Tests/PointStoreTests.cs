using CsCheck;

namespace VmProxy.Catalog.Tests;

sealed class PointStoreTests : CatalogFixture
{
    [Test]
    public async Task A_point_comes_back_as_it_was_written()
    {
        var point = Point("20261122T231505Z-k3f9", Time.GetUtcNow());
        await Catalog.Points.UpsertAsync(point, default);
        var read = (await Catalog.Points.ListAsync(new PointFilter(), default)).Single();
        Assert.That(read.Disks, Is.EqualTo(point.Disks));
        Assert.That(read with { Disks = point.Disks }, Is.EqualTo(point));
        Assert.That(read.CapacityBytes, Is.EqualTo((4L << 30) + (5L << 40)));
    }

    [Test]
    public async Task A_second_write_replaces_the_disks_and_keeps_the_verification()
    {
        var point = Point("p-1", Time.GetUtcNow());
        await Catalog.Points.UpsertAsync(point, default);
        await Catalog.Points.MarkVerifiedAsync("repo-1", "p-1", "hash", sound: true, default);
        await Catalog.Points.UpsertAsync(point with { StoredBytes = null, RunId = null, VmName = "web02", Disks = [point.Disks[1]] }, default);
        var read = (await Catalog.Points.ListAsync(new PointFilter(), default)).Single();
        Assert.That((read.Health, read.VerifiedLevel, read.VerifiedAt), Is.EqualTo((PointHealth.Verified, "hash", (DateTimeOffset?)Time.GetUtcNow())));
        Assert.That((read.VmName, read.StoredBytes, read.RunId), Is.EqualTo(("web02", (long?)12_345, "run-1")), "a rebuild knows less than a backup");
        Assert.That(read.Disks, Is.EqualTo(new[] { point.Disks[1] }));
    }

    [Test]
    public async Task Listing_filters_and_sorts_newest_first()
    {
        var now = Time.GetUtcNow();
        var database = new VmKey("vc-1", "vm-uuid-db");
        await Catalog.Points.UpsertAsync(Point("p-1", now), default);
        await Catalog.Points.UpsertAsync(Point("p-2", now.AddDays(1)), default);
        await Catalog.Points.UpsertAsync(Point("p-3", now.AddDays(2), vm: database) with { VmName = "db01", Job = null }, default);
        await Catalog.Points.UpsertAsync(Point("p-2", now.AddDays(1), repository: "repo-2"), default);
        await Catalog.Vms.RecordSeenAsync([new VmRecord(database, "db-renamed", "VirtualMachine:vm-9")], default);

        Assert.That(await IdsAsync(new PointFilter { RepositoryId = "repo-1" }), Is.EqualTo(new[] { "p-3", "p-2", "p-1" }));
        Assert.That(await IdsAsync(new PointFilter { Limit = 1 }), Is.EqualTo(new[] { "p-3" }));
        Assert.That(await IdsAsync(new PointFilter { Vm = Web }), Is.EqualTo(new[] { "p-2", "p-2", "p-1" }));
        Assert.That(await IdsAsync(new PointFilter { VmName = "db01" }), Is.EqualTo(new[] { "p-3" }));
        Assert.That(await IdsAsync(new PointFilter { VmName = "db-renamed" }), Is.EqualTo(new[] { "p-3" }), "by its present name too");
        Assert.That(await IdsAsync(new PointFilter { Job = "nightly", Since = now.AddDays(1), RepositoryId = "repo-1" }), Is.EqualTo(new[] { "p-2" }));
        Assert.That(await IdsAsync(new PointFilter { Before = now.AddDays(1) }), Is.EqualTo(new[] { "p-1" }));
    }

    [Test]
    public async Task The_base_of_an_incremental_is_the_newest_good_point_of_that_vm_in_that_repository()
    {
        var now = Time.GetUtcNow();
        await Catalog.Points.UpsertAsync(Point("p-1", now), default);
        await Catalog.Points.UpsertAsync(Point("p-2", now.AddDays(1), "incremental"), default);
        await Catalog.Points.UpsertAsync(Point("p-3", now.AddDays(2), "incremental"), default);
        await Catalog.Points.UpsertAsync(Point("p-4", now.AddDays(3), repository: "repo-2"), default);
        await Catalog.Points.UpsertAsync(Point("p-5", now.AddDays(3), vm: new VmKey("vc-2", Web.InstanceUuid)), default);
        Assert.That(await LastAsync(null), Is.EqualTo("p-3"));
        Assert.That(await LastAsync("full"), Is.EqualTo("p-1"));
        await Catalog.Points.MarkVerifiedAsync("repo-1", "p-3", "hash", sound: false, default);
        Assert.That(await LastAsync(null), Is.EqualTo("p-2"));
        await Catalog.Points.DeleteAsync("repo-1", "p-2", default);
        Assert.That(await LastAsync(null), Is.EqualTo("p-1"));
        Assert.That(await Catalog.Points.LastGoodAsync("repo-3", Web, null, default), Is.Null);

        async Task<string?> LastAsync(string? level) => (await Catalog.Points.LastGoodAsync("repo-1", Web, level, default))?.Id;
    }

    [Test]
    public async Task Replacing_makes_one_repository_exactly_so_and_leaves_the_others()
    {
        var now = Time.GetUtcNow();
        await Catalog.Points.UpsertAsync(Point("p-1", now), default);
        await Catalog.Points.UpsertAsync(Point("p-2", now), default);
        await Catalog.Points.UpsertAsync(Point("p-1", now, repository: "repo-2"), default);
        await Catalog.Points.ReplaceAsync("repo-1", [Point("p-2", now), Point("p-3", now)], default);
        Assert.That(await IdsAsync(new PointFilter { RepositoryId = "repo-1" }), Is.EqualTo(new[] { "p-3", "p-2" }));
        Assert.That(await IdsAsync(new PointFilter { RepositoryId = "repo-2" }), Is.EqualTo(new[] { "p-1" }));
        Assert.ThrowsAsync<ArgumentException>(() => Catalog.Points.ReplaceAsync("repo-1", [Point("p", now, repository: "repo-2")], default));
    }

    [Test]
    public async Task Lookup_by_the_beginning_of_an_id_agrees_with_a_plain_search()
    {
        // A small alphabet with SQL's own wildcards makes beginnings collide often.
        var id = Gen.String[Gen.Char["ab%_Z"], 1, 4];
        await Gen.Select(id.HashSet[0, 30], Gen.String[Gen.Char["ab%_Z"], 0, 5]).SampleAsync(async (ids, text) =>
        {
            await Catalog.Points.ReplaceAsync("repo-1", [.. ids.Select(x => Point(x, Time.GetUtcNow()))], default);
            var found = await Catalog.Points.FindAsync("repo-1", text, default);
            var matches = text.Length == 0 ? [] : ids.Where(x => x.StartsWith(text, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
            var expected = ids.Contains(text) ? text : matches.Count == 1 ? matches[0] : null;
            return found.Point?.Id == expected && found.Candidates.SequenceEqual(expected is null ? matches.Take(10) : [expected]);
        }, iter: 60, threads: 1);
    }

    [Test]
    public async Task Copies_of_one_point_in_two_repositories_are_not_ambiguous()
    {
        await Catalog.Points.UpsertAsync(Point("p-1", Time.GetUtcNow()), default);
        await Catalog.Points.UpsertAsync(Point("p-1", Time.GetUtcNow(), repository: "repo-2"), default);
        Assert.That((await Catalog.Points.FindAsync(null, "p", default)).Point!.RepositoryId, Is.EqualTo("repo-1"));
        Assert.That((await Catalog.Points.FindAsync("repo-2", "p", default)).Point!.RepositoryId, Is.EqualTo("repo-2"));
        Assert.That((await Catalog.Points.FindAsync("repo-3", "p", default)).Candidates, Is.Empty);
    }

    async Task<IEnumerable<string>> IdsAsync(PointFilter filter) => (await Catalog.Points.ListAsync(filter, default)).Select(point => point.Id);
}
