namespace VmProxy.Catalog.Tests;

/// <summary>What the service keeps: tasks, what stands, and notices on their way.</summary>
sealed class ServiceStoresTests : CatalogFixture
{
    static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Test]
    public async Task A_task_that_has_not_ended_is_known_until_it_has()
    {
        Assert.That(await Catalog.ServiceTasks.FindAsync("backup:nightly", default), Is.Null);
        await Catalog.ServiceTasks.BeginAsync("backup:nightly", default);
        var began = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromHours(1));
        Assert.That((await Catalog.ServiceTasks.ListUnendedAsync(default)).Single(), Is.EqualTo(new ServiceTask("backup:nightly", began, null)));
        await Catalog.ServiceTasks.EndAsync("backup:nightly", default);
        Assert.That(await Catalog.ServiceTasks.ListUnendedAsync(default), Is.Empty);
        Assert.That((await Catalog.ServiceTasks.FindAsync("backup:nightly", default))!.EndedAt, Is.EqualTo(Time.GetUtcNow()));
        await Catalog.ServiceTasks.BeginAsync("backup:nightly", default);
        Assert.That((await Catalog.ServiceTasks.FindAsync("backup:nightly", default))!.EndedAt, Is.Null, "It began again.");
    }

    [Test]
    public async Task What_stands_is_told_when_it_begins_worsens_stands_long_and_ends()
    {
        Assert.That(await LevelAsync(0), Is.EqualTo(StandingChange.None));
        Assert.That(await LevelAsync(1), Is.EqualTo(StandingChange.Began));
        var since = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromHours(1));
        Assert.That(await LevelAsync(1), Is.EqualTo(StandingChange.None));
        Assert.That(await LevelAsync(2), Is.EqualTo(StandingChange.Worsened));
        Time.Advance(Week - TimeSpan.FromSeconds(1));
        Assert.That(await LevelAsync(1), Is.EqualTo(StandingChange.None), "Better, but it stands.");
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await LevelAsync(1), Is.EqualTo(StandingChange.StillStands));
        Assert.That(await LevelAsync(1), Is.EqualTo(StandingChange.None));
        var notice = (await Catalog.StandingNotices.ListAsync("capacity", default)).Single();
        Assert.That((notice.Subject, notice.Level, notice.Since, notice.ToldAt), Is.EqualTo(("ds1", 1, since, Time.GetUtcNow())));
        Assert.That(await LevelAsync(0), Is.EqualTo(StandingChange.Ended));
        Assert.That(await LevelAsync(0), Is.EqualTo(StandingChange.None));
        Assert.That(await Catalog.StandingNotices.ListAsync("capacity", default), Is.Empty);

        Task<StandingChange> LevelAsync(int level) => Catalog.StandingNotices.UpdateAsync("capacity", "ds1", level, Week, default);
    }

    [Test]
    public async Task A_notice_is_due_until_it_is_taken_or_given_up()
    {
        await Catalog.OutgoingNotices.AddAsync(["mail", "webhook:chat"], "{}", default);
        var (mail, chat) = await TwoAsync();
        await Catalog.OutgoingNotices.DeliveredAsync(mail.Id, default);
        await Catalog.OutgoingNotices.FailedAsync(chat.Id, "no answer", Time.GetUtcNow().AddMinutes(5), default);
        Assert.That(await Catalog.OutgoingNotices.ListDueAsync(default), Is.Empty);
        Time.Advance(TimeSpan.FromMinutes(5));
        await Catalog.DisposeAsync();
        await using (var again = await OpenAsync())
        {
            var due = (await again.OutgoingNotices.ListDueAsync(default)).Single();
            Assert.That((due.Channel, due.Attempts, due.Document), Is.EqualTo(("webhook:chat", 1, "{}")));
            await again.OutgoingNotices.FailedAsync(chat.Id, "no answer", null, default);
            Time.Advance(TimeSpan.FromDays(1));
            Assert.That(await again.OutgoingNotices.ListDueAsync(default), Is.Empty);
        }
    }

    async Task<(OutgoingNotice, OutgoingNotice)> TwoAsync()
    {
        var due = await Catalog.OutgoingNotices.ListDueAsync(default);
        Assert.That(due.Select(notice => notice.Channel), Is.EqualTo(new[] { "mail", "webhook:chat" }));
        return (due[0], due[1]);
    }
}
