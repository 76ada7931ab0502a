using System.ComponentModel.DataAnnotations;

namespace VmProxy.Engine.Configuration;

/// <summary>Who is told what by the service.</summary>
public sealed class NotificationSettings
{
    /// <summary>Mail; null sends none.</summary>
    public MailSettings? Mail { get; init; }

    /// <summary>Programs that are called over HTTP.</summary>
    public IReadOnlyList<WebhookSettings> Webhooks { get; init; } = [];

    /// <summary>When the summary of the last night goes out: five fields as in crontab.</summary>
    public string SummaryCron { get; init; } = "0 7 * * *";

    /// <summary>The time zone of <see cref="SummaryCron"/> by its IANA name; null is the system's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>A VM that a scheduled job selects and that has no good point as young as this is reported as missing.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan MissingAfter { get; init; } = TimeSpan.FromDays(2);

    /// <summary>A datastore that is forecast to be full within this time is reported.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan ForecastWithin { get; init; } = TimeSpan.FromDays(14);

    /// <summary>How often what still stands (a full datastore, a missing backup) is told again.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>Mail.</summary>
public sealed class MailSettings
{
    /// <summary>The mail server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    [Range(1, 65535)]
    public int Port { get; init; } = 587;

    /// <summary>How the connection is protected.</summary>
    public MailSecurity Security { get; init; } = MailSecurity.StartTls;

    /// <summary>SHA-256 of the server's certificate in hex, for one that no authority signed; null asks the system's authorities.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>User name; null does not log in.</summary>
    public string? User { get; init; }

    /// <summary>Password.</summary>
    public Secret? Password { get; init; }

    /// <summary>The sender's address.</summary>
    public required string From { get; init; }

    /// <summary>The recipients' addresses.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>What is sent; all by default.</summary>
    public IReadOnlyList<NoticeKind> Events { get; init; } = Enum.GetValues<NoticeKind>();

    /// <summary>How long one attempt may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>A program that is called over HTTP, with a JSON document.</summary>
public sealed class WebhookSettings
{
    /// <summary>The name that messages and metrics use.</summary>
    public required string Name { get; init; }

    /// <summary>Where the document is posted to.</summary>
    public required Uri Url { get; init; }

    /// <summary>The key of the signature; null signs nothing.</summary>
    public Secret? Secret { get; init; }

    /// <summary>What is sent; all by default.</summary>
    public IReadOnlyList<NoticeKind> Events { get; init; } = Enum.GetValues<NoticeKind>();

    /// <summary>How long one attempt may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>How the connection to a mail server is protected.</summary>
public enum MailSecurity
{
    /// <summary>By STARTTLS, or the mail is not sent.</summary>
    StartTls,

    /// <summary>By TLS from the first byte.</summary>
    Tls,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>What a notification is about.</summary>
public enum NoticeKind
{
    /// <summary>A job failed, or some of its VMs, or it was not run.</summary>
    Failure,

    /// <summary>A job ended with warnings.</summary>
    Warning,

    /// <summary>The summary of the last night.</summary>
    Summary,

    /// <summary>A datastore passed a threshold, or is forecast to be full.</summary>
    Capacity,

    /// <summary>A VM has no good point as young as it should.</summary>
    Missing,

    /// <summary>The service itself: a run was missed, a configuration was refused, a clean-up failed.</summary>
    Service,
}
