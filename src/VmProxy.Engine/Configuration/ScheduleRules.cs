using System.Net;
using System.Net.Mail;
using VmProxy.Engine.Schedules;

namespace VmProxy.Engine.Configuration;

/// <summary>Rules for what the service does by itself: schedules, its address, and whom it tells.</summary>
static class ScheduleRules
{
    /// <summary>Reports each value of a schedule that cannot work: its key, the value, and what is allowed.</summary>
    public static void Check(ScheduleSettings schedule, string key, Action<string, string?, string> report)
    {
        CheckCron(schedule.Cron, $"{key}:Cron", report);
        CheckZone(schedule.TimeZone, $"{key}:TimeZone", report);
        for (var i = 0; i < schedule.Windows.Count; i++)
        {
            if (BackupWindow.TryParse(schedule.Windows[i]) is null)
            {
                report($"{key}:Windows:{i}", schedule.Windows[i], $"is no window. {BackupWindow.Allowed}");
            }
        }
    }

    /// <summary>Reports each value of the service that cannot work.</summary>
    public static void Check(ServiceSettings service, Action<string, string?, string> report)
    {
        if (!IPAddress.TryParse(service.Http.Address, out _))
        {
            report("VmProxy:Service:Http:Address", service.Http.Address, "is no IP address. Allowed: such as 127.0.0.1 or ::1");
        }
    }

    /// <summary>Reports each value of the notifications that cannot work.</summary>
    public static void Check(NotificationSettings notifications, Action<string, string?, string> report)
    {
        const string key = "VmProxy:Notifications";
        CheckCron(notifications.SummaryCron, $"{key}:SummaryCron", report);
        CheckZone(notifications.TimeZone, $"{key}:TimeZone", report);
        if (notifications.Mail is { } mail)
        {
            Check(mail, $"{key}:Mail", report);
        }

        for (var i = 0; i < notifications.Webhooks.Count; i++)
        {
            if (notifications.Webhooks[i].Url is { } url && (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            {
                report($"{key}:Webhooks:{i}:Url", null, "must begin with https:// or http://");
            }
            else if (notifications.Webhooks[i].Url is { UserInfo.Length: > 0 })
            {
                report($"{key}:Webhooks:{i}:Url", null, "holds a user or password (not shown here). Let the receiver check the signature (Secret) instead");
            }
        }
    }

    static void Check(MailSettings mail, string key, Action<string, string?, string> report)
    {
        CheckAddress(mail.From, $"{key}:From", report);
        for (var i = 0; i < (mail.To?.Count ?? 0); i++)
        {
            CheckAddress(mail.To![i], $"{key}:To:{i}", report);
        }

        if (mail.User is null != mail.Password is null)
        {
            report(mail.User is null ? $"{key}:User" : $"{key}:Password", null, "is missing, or cannot be used: a login needs both User and Password");
        }

        if (mail.User is not null && mail.Security == MailSecurity.None)
        {
            report($"{key}:Security", "none", "would send the password in clear. Allowed with a login: starttls or tls");
        }

        if (mail.Thumbprint is { } thumbprint && thumbprint.Count(char.IsAsciiHexDigit) != 64)
        {
            report($"{key}:Thumbprint", thumbprint, "not a thumbprint. Allowed: 64 hexadecimal digits (SHA-256), with or without colons");
        }
    }

    static void CheckCron(string? cron, string key, Action<string, string?, string> report)
    {
        // What is missing has been reported by the binder.
        if (cron is not null && Cron.Problem(cron) is not null)
        {
            report(key, cron, $"is no schedule. {Cron.Allowed}");
        }
    }

    static void CheckZone(string? zone, string key, Action<string, string?, string> report)
    {
        if (zone is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            report(key, zone, "is no time zone of this system. Allowed: a name such as Europe/Berlin or UTC");
        }
    }

    static void CheckAddress(string? address, string key, Action<string, string?, string> report)
    {
        if (address is not null && !MailAddress.TryCreate(address, out _))
        {
            report(key, address, "is no mail address. Allowed: such as backup@example.com");
        }
    }
}
