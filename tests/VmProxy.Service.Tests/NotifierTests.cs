using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using VmProxy.Engine.Configuration;
using VmProxy.Service.Notifications;

namespace VmProxy.Service.Tests;

/// <summary>Notices on their way: signed, tried again, over a restart, and each once.</summary>
sealed class NotifierTests : ServiceFixture
{
    Notifier Notifier => Service!.Services.GetRequiredService<Notifier>();

    [Test]
    public async Task A_webhook_gets_a_signed_document_and_only_what_it_wants()
    {
        await PrepareAsync();
        var webhook = Bench.Root["Notifications"]!["Webhooks"]![0]!;
        await File.WriteAllTextAsync(Bench["secret"], "hook-secret");
        (webhook["Secret"], webhook["Events"]) = ("file:secret", new JsonArray("failure", "summary"));
        await ServeAsync();
        await Notifier.TellAsync(Notice(NoticeKind.Warning, "not wanted"), default);
        await Notifier.TellAsync(Notice(NoticeKind.Failure, "wanted"), default);
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
        await Notifier.TellAsync(Notice(NoticeKind.Failure, "first"), default);
        Assert.That(Receiver.Calls, Is.Empty);
        await StopAsync();
        await ServeAsync();
        await Notifier.TellAsync(Notice(NoticeKind.Failure, "second"), default);
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
        await Notifier.TellAsync(Notice(NoticeKind.Failure, "once more"), default);
        Assert.That(Receiver.Notices.Single().Title, Is.EqualTo("once more"));
    }

    [Test]
    public async Task What_nobody_took_for_days_is_given_up()
    {
        await PrepareAsync();
        await ServeAsync();
        Receiver.RefuseAll = true;
        await Notifier.TellAsync(Notice(NoticeKind.Failure, "lost"), default);
        Clock.JumpTo(Clock.Now.AddDays(4));
        await Notifier.DeliverAsync(default);
        Receiver.RefuseAll = false;
        Clock.JumpTo(Clock.Now.AddDays(1));
        await Notifier.DeliverAsync(default);
        Assert.That(Receiver.Notices.Select(notice => notice.Title), Does.Not.Contain("lost"));
    }

    Notice Notice(NoticeKind kind, string title) => new(kind, NoticeSeverity.Error, "nightly", title, [], Clock.Now);
}
