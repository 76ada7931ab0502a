namespace VmProxy.Catalog.Tests;

sealed class ChangeTrackingDoubtTests : CatalogFixture
{
    [Test]
    public async Task A_doubt_stands_until_a_full_lifts_it_and_is_kept_after_that()
    {
        var store = Catalog.ChangeTrackingDoubts;
        var doubt = new ChangeTrackingDoubt { Vm = Web, DiskKey = 2000, RunId = "r1", Epoch = "52 aa", Reason = "left out", Evidence = "/var/x.json" };
        await store.AddAsync(doubt, default);
        await store.AddAsync(doubt with { Reason = "left out more" }, default);
        await store.AddAsync(doubt with { DiskKey = 2001, Evidence = null }, default);
        Assert.That(await store.ListAsync(Web with { InstanceUuid = "another" }, default), Is.Empty);
        var found = await store.ListAsync(Web, default);
        Assert.That(found[0], Is.EqualTo(doubt with { Reason = "left out more", FoundAt = Time.GetUtcNow() }));
        Assert.That((found.Count, found[1].DiskKey, found[1].Evidence), Is.EqualTo((2, 2001, (string?)null)));

        Time.Advance(TimeSpan.FromHours(1));
        await store.LiftAsync(Web, 2000, "p1", default);
        await store.LiftAsync(Web, 2000, "p2", default);
        await using var again = await OpenAsync();
        found = await again.ChangeTrackingDoubts.ListAsync(Web, default);
        Assert.That(found.Select(one => (one.DiskKey, one.LiftedBy, one.LiftedAt)), Is.EqualTo(new (int, string?, DateTimeOffset?)[]
        {
            (2000, "p1", Time.GetUtcNow()), (2001, null, null),
        }));
    }
}
