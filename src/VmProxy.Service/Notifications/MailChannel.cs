using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Polly;
using Polly.Timeout;
using VmProxy.Engine;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>Tells by mail.</summary>
sealed class MailChannel(MailSettings settings, TimeProvider time) : INoticeChannel
{
    readonly ResiliencePipeline _policy = SendPolicy.Create(settings.Timeout, time, MayPass);

    public string Name => "mail";

    public bool Wants(NoticeKind kind) => settings.Events.Contains(kind);

    public async Task SendAsync(NoticeDocument notice, CancellationToken cancellationToken)
    {
        try
        {
            using var message = Message(notice);
            await _policy.ExecuteAsync(async token => await SendAsync(message, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new NoticeNotTakenException($"{settings.Host}:{settings.Port}: {exception.Message}", exception);
        }
    }

    async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient();
        // Whoever pins a certificate has looked at it: its issuer's list of revoked ones is not asked.
        client.CheckCertificateRevocation = settings.Thumbprint is null;
        client.ServerCertificateValidationCallback = (_, certificate, _, errors) => Accepts(certificate, errors);
        await client.ConnectAsync(settings.Host, settings.Port, Security(settings.Security), cancellationToken).ConfigureAwait(false);
        if (settings is { User: { } user, Password: { } password })
        {
            await client.AuthenticateAsync(user, password.Reveal(), cancellationToken).ConfigureAwait(false);
        }

        await client.SendAsync(message, cancellationToken).ConfigureAwait(false);
        await client.DisconnectAsync(quit: true, cancellationToken).ConfigureAwait(false);
    }

    MimeMessage Message(NoticeDocument notice)
    {
        var message = new MimeMessage
        {
            Subject = $"[vmproxy {notice.Proxy}] {notice.Title}",
            Date = notice.Time,
            Body = new TextPart("plain")
            {
                Text = $"{notice.Title}\n\n{string.Join('\n', notice.Lines)}\n\n-- \nvmproxy {ProgramVersion.Text} on {notice.Proxy}, {notice.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC\n",
            },
        };
        message.From.Add(MailboxAddress.Parse(settings.From));
        message.To.AddRange(settings.To.Select(MailboxAddress.Parse));
        // So that a mail program sorts them, and no absence note answers.
        message.Headers.Add("X-VmProxy-Kind", notice.Kind.ToString().ToLowerInvariant());
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (notice.Severity == NoticeSeverity.Error)
        {
            message.Importance = MessageImportance.High;
        }

        return message;
    }

    bool Accepts(X509Certificate? certificate, SslPolicyErrors errors) => settings.Thumbprint is not { } pinned
        ? errors == SslPolicyErrors.None
        : certificate is not null && Convert.ToHexString(SHA256.HashData(certificate.GetRawCertData()))
            .Equals(string.Concat(pinned.Where(char.IsAsciiHexDigit)), StringComparison.OrdinalIgnoreCase);

    static SecureSocketOptions Security(MailSecurity security) => security switch
    {
        MailSecurity.StartTls => SecureSocketOptions.StartTls,
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        _ => SecureSocketOptions.None,
    };

    /// <summary>It may go better in a moment.</summary>
    static bool MayPass(Exception exception) => exception
        is SocketException or IOException or TimeoutRejectedException or ServiceNotConnectedException or SmtpProtocolException
        or SmtpCommandException { StatusCode: < (SmtpStatusCode)500 };
}
