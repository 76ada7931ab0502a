using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Service.Notifications;

namespace VmProxy.Service.Tests;

/// <summary>Notices on their way: signed, tried again, over a restart, and each once.</summary>
sealed class NotifierTests : ServiceFixture
{
    [Test]
    public async Task A_webhook_gets_a_signed_document_and_only_what_it_wants()
    {
        await PrepareAsync();
        var webhook = Bench.Root["Notifications"]!["Webhooks"]![0]!;
        await File.WriteAllTextAsync(Bench["secret"], "hook-secret");
        (webhook["Secret"], webhook["Events"]) = ("file:secret", new JsonArray("failure", "summary"));
        await ServeAsync();
        await TellAsync(NoticeKind.Warning, "not wanted");
        await TellAsync(NoticeKind.Failure, "wanted");
        var call = Receiver.Calls.Single();
        Assert.That(call.ContentType, Is.EqualTo("application/json; charset=utf-8"));
        Assert.That(call.Signature, Is.EqualTo(WebhookChannel.Sign("hook-secret"u8, call.Timestamp!, Encoding.UTF8.GetBytes(call.Body))));
        var document = JsonNode.Parse(call.Body)!;
        Assert.That((document["version"]!.GetValue<int>(), document["kind"]!.GetValue<string>(), document["severity"]!.GetValue<string>(), document["title"]!.GetValue<string>()),
            Is.EqualTo((1, "failure", "error", "wanted")));
        Assert.That(DateTimeOffset.FromUnixTimeSeconds(long.Parse(call.Timestamp!, System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(Clock.Now).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task What_a_receiver_does_not_take_is_tried_again_in_order_also_after_a_restart()
    {
        await PrepareAsync();
        await ServeAsync();
        // A refusal that says what is wrong is not repeated at once.
        Receiver.Refusals.Enqueue(400);
        await TellAsync(NoticeKind.Failure, "first");
        Assert.That(Receiver.Calls, Is.Empty);
        await StopAsync();
        await ServeAsync();
        await TellAsync(NoticeKind.Failure, "second");
        Assert.That(Receiver.Notices.Select(notice => notice.Title), Is.EqualTo(new[] { "second" }), "The first waits for its next attempt.");
        Clock.JumpTo(Clock.Now.AddMinutes(2));
        await Notifier.DeliverAsync(default);
        Assert.That(Receiver.Notices.Select(notice => notice.Title), Is.EqualTo(new[] { "second", "first" }));
        await Notifier.DeliverAsync(default);
        Assert.That(Receiver.Calls, Has.Count.EqualTo(2), "And each once.");
    }

    [Test]
    public async Task A_receiver_that_stumbles_is_asked_again_at_once()
    {
        await PrepareAsync();
        await ServeAsync();
        Receiver.Refusals.Enqueue(503);
        await TellAsync(NoticeKind.Failure, "once more");
        Assert.That(Receiver.Notices.Single().Title, Is.EqualTo("once more"));
    }

    [Test]
    public async Task What_nobody_took_for_days_is_given_up()
    {
        await PrepareAsync();
        await ServeAsync();
        Receiver.RefuseAll = true;
        await TellAsync(NoticeKind.Failure, "lost");
        Clock.JumpTo(Clock.Now.AddDays(4));
        await Notifier.DeliverAsync(default);
        Receiver.RefuseAll = false;
        Clock.JumpTo(Clock.Now.AddDays(1));
        await Notifier.DeliverAsync(default);
        Assert.That(Receiver.Notices.Select(notice => notice.Title), Does.Not.Contain("lost"));
    }

    [Test]
    public async Task A_document_that_nobody_can_read_any_more_ends_nothing_and_keeps_nothing_else_from_its_receiver()
    {
        await PrepareAsync();
        await ServeAsync();
        await using var session = OpenSession();
        await (await session.CatalogAsync(default)).OutgoingNotices.AddAsync(["webhook:test"], """{ "kind": "ofALaterVersion" }""", default);
        await TellAsync(NoticeKind.Failure, "readable");
        await Notifier.DeliverAsync(default);
        Assert.That(Receiver.Notices.Select(notice => notice.Title), Is.EqualTo(new[] { "readable" }));
    }

    [Test]
    public async Task A_receiver_that_does_not_answer_holds_up_neither_the_start_nor_a_night()
    {
        await PrepareAsync();
        await ServeAsync();
        await StopAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Receiver.Gate = gate.Task;
        Bench.Root["Notifications"]!["Webhooks"]![0]!["Timeout"] = "00:10:00";
        Clock.JumpTo(Clock.Now.AddDays(1));
        await StartAsync();
        await Triggers.WakeAsync(default).WaitAsync(Patience);
        await WorkIdleAsync();
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1), "The missed run is made up for while nobody has taken the notice of it.");
        Assert.That(Receiver.Calls, Is.Empty);
        gate.SetResult();
        await Notifier.IdleAsync().WaitAsync(Patience);
        Assert.That(Receiver.Notices.Where(notice => notice.Kind == NoticeKind.Service).Select(notice => notice.Facts["code"]), Is.EqualTo(new[] { "JOB_MISSED" }));
    }

    [Test]
    public async Task Nothing_is_told_to_have_ended_of_which_nothing_is_known_and_nothing_swings_around_a_threshold()
    {
        await PrepareAsync();
        await ServeAsync();
        var states = Service!.Services.GetRequiredService<NoticeStates>();
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        async Task<StandingChange[]> Update(Standing standing, bool unknown = false) =>
            [.. (await states.UpdateAsync(catalog, "test", new Dictionary<string, Standing> { ["vc / ds"] = standing }, _ => unknown, default)).Select(change => change.Change)];

        Assert.That(await Update(new Standing(1)), Is.EqualTo(new[] { StandingChange.Began }));
        Assert.That(await Update(default, unknown: true), Is.Empty);
        Assert.That(await Update(new Standing(0, 1)), Is.Empty, "a little better");
        Assert.That(await Update(new Standing(1)), Is.Empty, "and back");
        Assert.That(await Update(new Standing(0, 0)), Is.EqualTo(new[] { StandingChange.Ended }));
        Assert.That(await Update(new Standing(0, 1)), Is.Empty, "It lasts only for who knows it.");
        Assert.That(await Update(new Standing(2)), Is.EqualTo(new[] { StandingChange.Began }));
        Assert.That(await Update(new Standing(0, 1)), Is.Empty);
        Assert.That(await Update(new Standing(2)), Is.EqualTo(new[] { StandingChange.Worsened }));
    }

    async Task TellAsync(NoticeKind kind, string title)
    {
        await Notifier.TellAsync(Notice(kind, title));
        await Notifier.IdleAsync().WaitAsync(Patience);
    }

    Notice Notice(NoticeKind kind, string title) => new(kind, NoticeSeverity.Error, "nightly", title, [], Clock.Now);
}
