using VmProxy.Engine.Configuration;
using VmProxy.Service.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>The ways to tell somebody that the present configuration has.</summary>
sealed class Channels(CurrentConfiguration current, TimeProvider time) : IDisposable
{
    // A redirect leads to somebody whom the administrator did not name.
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    readonly Lock _lock = new();
    NotificationSettings? _settings;
    IReadOnlyList<INoticeChannel> _channels = [];

    public IReadOnlyList<INoticeChannel> Now
    {
        get
        {
            var settings = current.Settings.Notifications;
            lock (_lock)
            {
                if (!ReferenceEquals(settings, _settings))
                {
                    _settings = settings;
                    _channels =
                    [
                        .. settings.Mail is { } mail ? [new MailChannel(mail, time)] : Array.Empty<INoticeChannel>(),
                        .. settings.Webhooks.Select(webhook => new WebhookChannel(webhook, _http, time)),
                    ];
                }

                return _channels;
            }
        }
    }

    public void Dispose() => _http.Dispose();
}
