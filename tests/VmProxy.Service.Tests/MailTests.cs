using VmProxy.Engine.Configuration;
using VmProxy.Service.Notifications;
using VmProxy.Testing;

namespace VmProxy.Service.Tests;

/// <summary>Mail, by a real server.</summary>
sealed class MailTests
{
    static readonly NoticeDocument Notice = new()
    {
        Kind = NoticeKind.Failure,
        Severity = NoticeSeverity.Error,
        Subject = "nightly",
        Title = "Job nightly: 1 of 2 VMs failed",
        Lines = ["FAILED db01: no room — größer", "done web01"],
        Time = new DateTimeOffset(2026, 3, 2, 23, 0, 0, TimeSpan.Zero),
        Proxy = "proxy1",
        Facts = new Dictionary<string, string>(),
    };

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_notice_goes_out_encrypted_and_with_a_login(bool implicitTls)
    {
        await using var server = MailServer.Start(implicitTls);
        await Channel(server, implicitTls ? "tls" : "starttls").SendAsync(Notice, default);
        var mail = server.Messages.Single();
        Assert.That(mail.Subject, Is.EqualTo("[vmproxy proxy1] Job nightly: 1 of 2 VMs failed"));
        Assert.That(mail.From.ToString(), Is.EqualTo("vmproxy@example.com"));
        Assert.That(mail.To.Select(to => to.ToString()), Is.EqualTo(new[] { "a@example.com", "b@example.com" }));
        Assert.That(mail.TextBody, Does.Contain("FAILED db01: no room — größer").And.Contain("2026-03-02 23:00:00 UTC"));
        Assert.That((mail.Headers["X-VmProxy-Kind"], mail.Headers["Auto-Submitted"]), Is.EqualTo(("failure", "auto-generated")));
    }

    [Test]
    public async Task A_wrong_password_is_told_without_the_password_and_tried_once()
    {
        await using var server = MailServer.Start();
        var exception = Assert.ThrowsAsync<NoticeNotTakenException>(() => Channel(server, password: "wrong-secret").SendAsync(Notice, default));
        Assert.That(exception!.Message, Does.Contain($"127.0.0.1:{server.Port}").And.Not.Contain("wrong-secret"));
        Assert.That(server.Messages, Is.Empty);
    }

    [Test]
    public async Task A_certificate_that_is_not_the_pinned_one_gets_neither_login_nor_mail()
    {
        await using var server = MailServer.Start();
        Assert.ThrowsAsync<NoticeNotTakenException>(() => Channel(server, thumbprint: new string('0', 64)).SendAsync(Notice, default));
        Assert.ThrowsAsync<NoticeNotTakenException>(() => Channel(server, thumbprint: "").SendAsync(Notice, default), "Nobody signed it.");
        Assert.That(server.Messages, Is.Empty);
    }

    [Test]
    public async Task A_server_without_starttls_gets_no_mail()
    {
        await using var server = MailServer.Start(implicitTls: true);
        Assert.ThrowsAsync<NoticeNotTakenException>(() => Channel(server, timeout: "00:00:01").SendAsync(Notice, default));
        Assert.That(server.Messages, Is.Empty);
    }

    [Test]
    public async Task A_server_that_has_no_time_is_asked_again()
    {
        await using var server = MailServer.Start();
        server.Refuse = 1;
        await Channel(server).SendAsync(Notice, default);
        Assert.That(server.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_server_that_wants_a_login_that_nobody_gave_is_told_and_breaks_nothing()
    {
        await using var server = MailServer.Start();
        var exception = Assert.ThrowsAsync<NoticeNotTakenException>(() => Channel(server, login: false).SendAsync(Notice, default));
        Assert.That(exception!.Message, Does.Contain($"127.0.0.1:{server.Port}"));
        Assert.That(server.Messages, Is.Empty);
    }

    [Test]
    public async Task A_name_with_a_line_break_adds_no_header_and_no_line_to_the_subject()
    {
        const string hostile = "VM web\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>\u2028 has no recent backup";
        await using var server = MailServer.Start();
        await Channel(server).SendAsync(Notice with { Title = hostile }, default);
        await Channel(server).SendAsync(
            NoticeDocument.Of(new Notice(NoticeKind.Missing, NoticeSeverity.Error, hostile, hostile, [hostile], Notice.Time), "proxy1"), default);
        foreach (var mail in server.Messages)
        {
            Assert.That((mail.Bcc.Count, mail.Headers.Contains("Bcc"), mail.To.Count), Is.EqualTo((0, false, 2)));
            Assert.That(mail.Body, Is.InstanceOf<MimeKit.TextPart>().With.Property("IsPlain").True);
        }

        Assert.That(server.Messages[1].Subject, Is.EqualTo("[vmproxy proxy1] VM web  Bcc: evil@example.com    <script>alert(1)</script>  has no recent backup"));
        Assert.That(NoticeDocument.Of(new Notice(NoticeKind.Missing, NoticeSeverity.Error, "", new string('x', 5000), [], Notice.Time), "p").Title, Has.Length.LessThan(310));
    }

    static MailChannel Channel(
        MailServer server, string security = "starttls", string password = MailServer.Password, string? thumbprint = null, string timeout = "00:00:20",
        bool login = true)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["password"], password);
        thumbprint ??= server.Thumbprint;
        File.WriteAllText(folder["appsettings.json"], $$"""
            { "VmProxy": { "Notifications": { "Mail": {
                "Host": "127.0.0.1", "Port": {{server.Port}}, "Security": "{{security}}", {{(thumbprint.Length > 0 ? $"\"Thumbprint\": \"{thumbprint}\"," : "")}}
                {{(login ? $"\"User\": \"{MailServer.User}\", \"Password\": \"file:password\"," : "")}} "From": "vmproxy@example.com", "To": [ "a@example.com", "b@example.com" ], "Timeout": "{{timeout}}"
            } } } }
            """);
        var settings = ProxyConfiguration.Load(folder["appsettings.json"], new Dictionary<string, string>()).Settings.Notifications.Mail!;
        return new MailChannel(settings, TimeProvider.System);
    }
}
