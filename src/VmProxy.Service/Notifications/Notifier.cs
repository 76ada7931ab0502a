using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Service.Configuration;
using VmProxy.Service.Metrics;

namespace VmProxy.Service.Notifications;

/// <summary>
/// Tells people. A notice is first put into the catalog for each receiver and then handed over; one that a receiver does not take is tried again for
/// days, also after a restart. Nothing of this ends the work that had something to say.
/// </summary>
sealed class Notifier(CurrentConfiguration current, Channels channels, ServiceMetrics metrics, TimeProvider time, ILogger<Notifier> log) : IDisposable
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    readonly SemaphoreSlim _one = new(1);

    /// <summary>Tells everybody who wants to know.</summary>
    public async Task TellAsync(Notice notice, CancellationToken cancellationToken)
    {
        string[] receivers = [.. channels.Now.Where(channel => channel.Wants(notice.Kind)).Select(channel => channel.Name)];
        if (receivers.Length == 0)
        {
            return;
        }

        try
        {
            var session = current.OpenSession();
            await using (session.ConfigureAwait(false))
            {
                var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
                await catalog.OutgoingNotices.AddAsync(receivers, NoticeDocument.Of(notice, Environment.MachineName).ToJson(), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CatalogException exception)
        {
            // Without a catalog there is still the receiver.
            Log.NoticeLost(log, exception.Message);
            await SendUnrecordedAsync(notice, cancellationToken).ConfigureAwait(false);
            return;
        }

        await DeliverAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tries all that is due.</summary>
    public async Task DeliverAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = current.OpenSession();
            await using (session.ConfigureAwait(false))
            {
                var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
                var due = await catalog.OutgoingNotices.ListDueAsync(cancellationToken).ConfigureAwait(false);
                // Receivers do not wait for each other; of one receiver's, the first that fails keeps the others for later.
                await Task.WhenAll(due.GroupBy(notice => notice.Channel).Select(notices => DeliverAsync(catalog, notices, cancellationToken))).ConfigureAwait(false);
            }
        }
        catch (CatalogException exception)
        {
            Log.NoticeLost(log, exception.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    async Task DeliverAsync(CatalogDatabase catalog, IGrouping<string, OutgoingNotice> notices, CancellationToken cancellationToken)
    {
        var channel = channels.Now.FirstOrDefault(channel => channel.Name == notices.Key);
        foreach (var notice in notices)
        {
            if (channel is null)
            {
                await catalog.OutgoingNotices.FailedAsync(notice.Id, "The receiver is not configured any more.", null, cancellationToken).ConfigureAwait(false);
            }
            else if (!await DeliverAsync(catalog, channel, notice, cancellationToken).ConfigureAwait(false))
            {
                break;
            }
        }
    }

    async Task<bool> DeliverAsync(CatalogDatabase catalog, INoticeChannel channel, OutgoingNotice notice, CancellationToken cancellationToken)
    {
        var document = NoticeDocument.Parse(notice.Document);
        try
        {
            await channel.SendAsync(document, cancellationToken).ConfigureAwait(false);
        }
        catch (NoticeNotTakenException exception)
        {
            metrics.Told(channel.Name, taken: false);
            var age = time.GetUtcNow() - notice.CreatedAt;
            DateTimeOffset? next = age > GiveUpAfter ? null : time.GetUtcNow() + Wait(notice.Attempts);
            await catalog.OutgoingNotices.FailedAsync(notice.Id, exception.Message, next, cancellationToken).ConfigureAwait(false);
            Log.NotTaken(log, channel.Name, notice.Attempts + 1, exception.Message);
            if (next is null)
            {
                Log.NoticeGivenUp(log, channel.Name, age, document.Title);
            }

            return false;
        }

        metrics.Told(channel.Name, taken: true);
        await catalog.OutgoingNotices.DeliveredAsync(notice.Id, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    async Task SendUnrecordedAsync(Notice notice, CancellationToken cancellationToken)
    {
        foreach (var channel in channels.Now.Where(channel => channel.Wants(notice.Kind)))
        {
            try
            {
                await channel.SendAsync(NoticeDocument.Of(notice, Environment.MachineName), cancellationToken).ConfigureAwait(false);
            }
            catch (NoticeNotTakenException exception)
            {
                Log.NotTaken(log, channel.Name, 1, exception.Message);
            }
        }
    }

    static TimeSpan Wait(int attempts) => TimeSpan.FromMinutes(Math.Min(LongestWait.TotalMinutes, Math.Pow(2, Math.Min(attempts, 10))));
}
