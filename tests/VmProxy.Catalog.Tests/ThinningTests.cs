using CsCheck;

namespace VmProxy.Catalog.Tests;

sealed class ThinningTests : CatalogFixture
{
    static readonly DatastoreRecord Datastore = new("vc-1", "Datastore:ds-1", "fast", "VMFS");
    static readonly DatastoreRecord Another = new("vc-1", "Datastore:ds-2", "slow", "VMFS");

    DateTimeOffset Now => Time.GetUtcNow();

    [Test]
    public async Task Young_samples_stay_and_older_ones_are_the_low_of_their_hour_then_of_their_day()
    {
        await RecordAsync(Datastore, (Now.AddHours(-1), 5), (Now.AddHours(-1.1), 4));
        var hours = new DateTimeOffset(Now.AddDays(-5).Date, TimeSpan.Zero);
        await RecordAsync(Datastore, (hours.AddMinutes(1), 9), (hours.AddMinutes(20), 7), (hours.AddMinutes(59), 8), (hours.AddMinutes(60), 6));
        var days = hours.AddDays(-20);
        await RecordAsync(Datastore, (days, 30), (days.AddHours(9), 10), (days.AddHours(23.9), 20), (days.AddHours(24), 15));
        await RecordAsync(Another, (days.AddHours(1), 1), (days.AddHours(2), 2));
        await RecordAsync(Datastore, (Now.AddDays(-800), 3));
        Assert.That(await Catalog.Capacity.ThinAsync(Now, default), Is.EqualTo(6));
        Assert.That((await ListAsync(Datastore)).Select(sample => sample.FreeBytes), Is.EqualTo(new long[] { 10, 15, 7, 6, 4, 5 }));
        Assert.That((await ListAsync(Another)).Select(sample => sample.FreeBytes), Is.EqualTo(new long[] { 1 }));
        Assert.That(await Catalog.Capacity.ThinAsync(Now, default), Is.Zero, "a second time there is nothing to thin");
    }

    /// <summary>A plain model: whatever is thinned when, the low of every day is what it was.</summary>
    [Test]
    public async Task The_low_of_every_day_is_kept_whatever_is_thinned_when() => await Gen.Select(Gen.Int[0, 60 * 24 * 40], Gen.Long[0, 1000]).List[1, 120].SampleAsync(async list =>
    {
        var datastore = Datastore with { MoRef = Guid.NewGuid().ToString() };
        var samples = list.DistinctBy(one => one.Item1).Select(one => (At: Now.AddMinutes(-one.Item1), Free: one.Item2)).ToArray();
        var expected = samples.GroupBy(sample => sample.At.UtcDateTime.Date).ToDictionary(day => DateOnly.FromDateTime(day.Key), day => day.Min(sample => sample.Free));
        await RecordAsync(datastore, samples);
        foreach (var days in new[] { -10, 0, 3, 20 })
        {
            await Catalog.Capacity.ThinAsync(Now.AddDays(days), default);
        }

        var lows = (await Catalog.Capacity.DayLowsAsync("vc-1", DateTimeOffset.MinValue, default))[datastore.MoRef];
        return lows.ToDictionary(low => low.Day, low => low.FreeBytes).OrderBy(day => day.Key).SequenceEqual(expected.OrderBy(day => day.Key))
            && (await ListAsync(datastore)).Count == expected.Count;
    }, iter: 20, threads: 1);

    [Test]
    public async Task A_repository_keeps_the_low_of_its_disk_and_its_last_count()
    {
        var day = new DateTimeOffset(Now.AddDays(-30).Date, TimeSpan.Zero);
        RepositorySample At(int hour, long free, long? data) => new() { TakenAt = day.AddHours(hour), DiskCapacityBytes = 100, DiskFreeBytes = free, DataBytes = data };
        foreach (var sample in new[] { At(1, 50, 7), At(2, 40, null), At(3, 60, 8), At(4, 70, null) })
        {
            await Catalog.RepositorySamples.RecordAsync("main", sample, default);
        }

        Assert.That(await Catalog.Capacity.ThinAsync(Now, default), Is.EqualTo(2));
        Assert.That(await Catalog.RepositorySamples.ListAsync("main", day, default), Is.EqualTo(new[] { At(2, 40, null), At(3, 60, 8) }));
        Assert.That(await Catalog.RepositorySamples.ListAsync("other", day, default), Is.Empty);
    }

    [Test]
    public async Task The_last_sample_of_any_datastore_is_known()
    {
        Assert.That(await Catalog.Capacity.LastTakenAsync(default), Is.Null);
        await RecordAsync(Datastore, (Now.AddHours(-1), 5));
        await RecordAsync(Another, (Now.AddHours(-3), 5));
        Assert.That(await Catalog.Capacity.LastTakenAsync(default), Is.EqualTo(Now.AddHours(-1)));
    }

    [Test]
    public async Task What_vms_took_is_compared_with_the_first_look_since_a_day()
    {
        await RecordAsync(Datastore, (Now, 1));
        await RecordAsync(Another, (Now, 1));
        await VmsAsync(-40, ("vm-1", 10));
        await VmsAsync(-20, ("vm-1", 11), ("vm-2", 5));
        await VmsAsync(-10, ("vm-1", 12), ("vm-2", 6), ("vm-3", 7));
        await VmsAsync(-10, ("vm-1", 13));
        var then = await Catalog.VmSpaces.FirstSinceAsync("vc-1", DateOnly.FromDateTime(Now.AddDays(-30).UtcDateTime), default);
        Assert.That(then.Select(space => (space.Datastore, space.VmMoRef, space.Bytes)), Is.EquivalentTo(new[] { (Datastore.MoRef, "vm-1", 11L), (Datastore.MoRef, "vm-2", 5L) }));
        var later = await Catalog.VmSpaces.FirstSinceAsync("vc-1", DateOnly.FromDateTime(Now.AddDays(-15).UtcDateTime), default);
        Assert.That(later.Single(space => space.VmMoRef == "vm-1").Bytes, Is.EqualTo(13), "the last look of a day counts");
        Assert.That(await Catalog.VmSpaces.FirstSinceAsync("vc-2", default, default), Is.Empty);

        Task VmsAsync(int days, params (string Vm, long Bytes)[] vms) => Catalog.VmSpaces.RecordAsync(
            "vc-1", Now.AddDays(days), [(Datastore.MoRef, [.. vms.Select(vm => new VmSpaceRecord(vm.Vm, vm.Vm, vm.Bytes))])], default);
    }

    [Test]
    public async Task What_vms_took_goes_after_a_hundred_days_and_the_low_of_a_day_is_its_fullest_moment()
    {
        await RecordAsync(Datastore, (Now.Date.AddHours(1), 5), (Now.Date.AddHours(2), 3), (Now.Date.AddHours(3), 4));
        Assert.That((await Catalog.Capacity.DayLowsAsync("vc-1", DateTimeOffset.MinValue, default))[Datastore.MoRef].Select(low => low.FreeBytes), Is.EqualTo(new long[] { 3 }));
        foreach (var days in new[] { -101, -99 })
        {
            await Catalog.VmSpaces.RecordAsync("vc-1", Now.AddDays(days), [(Datastore.MoRef, [new VmSpaceRecord("vm-1", "vm-1", -days)])], default);
        }

        await Catalog.Capacity.ThinAsync(Now, default);
        Assert.That((await Catalog.VmSpaces.FirstSinceAsync("vc-1", default, default)).Select(space => space.Bytes), Is.EqualTo(new long[] { 99 }));
    }

    [Test]
    public async Task A_search_of_files_replaces_the_one_before()
    {
        await RecordAsync(Datastore, (Now, 1));
        await RecordAsync(Another, (Now, 1));
        var first = new FileSurveyRecord(Datastore.MoRef, Now.AddDays(-1), null, [new("[fast] b", 9, Now), new("[fast] a", 5, null)]);
        await Catalog.FileSurveys.RecordAsync("vc-1", first, default);
        await Catalog.FileSurveys.RecordAsync("vc-1", new FileSurveyRecord(Another.MoRef, Now, "shared", []), default);
        var all = await Catalog.FileSurveys.ListAsync("vc-1", default);
        Assert.That(all.Single(survey => survey.Datastore == Datastore.MoRef).Files, Is.EqualTo(first.Files));
        Assert.That(all.Single(survey => survey.Datastore == Another.MoRef).LeftOut, Is.EqualTo("shared"));
        await Catalog.FileSurveys.RecordAsync("vc-1", first with { TakenAt = Now, Files = [first.Files[1]] }, default);
        Assert.That((await Catalog.FileSurveys.ListAsync("vc-1", default)).Single(survey => survey.Datastore == Datastore.MoRef).Files, Is.EqualTo(new[] { first.Files[1] }));
        Assert.That(await Catalog.FileSurveys.ListAsync("vc-2", default), Is.Empty);
    }

    Task RecordAsync(DatastoreRecord datastore, params (DateTimeOffset At, long Free)[] samples) => Catalog.Capacity.RecordAsync(
        samples.Select(sample => (datastore, new CapacitySample { TakenAt = sample.At, CapacityBytes = 1000, FreeBytes = sample.Free })), default);

    Task<IReadOnlyList<CapacitySample>> ListAsync(DatastoreRecord datastore) => Catalog.Capacity.ListAsync("vc-1", datastore.MoRef, DateTimeOffset.MinValue, default);
}
