using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Service.Configuration;
using VmProxy.Service.Metrics;

namespace VmProxy.Service.Notifications;

/// <summary>
/// Tells people. A notice is first put into the catalog for each receiver and then handed over, while who told it goes on: a receiver that is slow holds
/// up no backup. One that a receiver does not take is tried again for days, also after a restart. Nothing of this ends the work that had something to say,
/// and nothing ends the service, whatever a receiver answers.
/// </summary>
sealed class Notifier(CurrentConfiguration current, Channels channels, ServiceMetrics metrics, TimeProvider time, ILogger<Notifier> log) : IDisposable
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    readonly SemaphoreSlim _one = new(1);
    readonly Lock _lock = new();
    readonly CancellationTokenSource _ending = new();
    Task _underWay = Task.CompletedTask;
    bool _asked;

    /// <summary>Tells everybody who wants to know. Returns when that is recorded; it is handed over meanwhile.</summary>
    public async Task TellAsync(Notice notice)
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
                var catalog = await session.CatalogAsync(CancellationToken.None).ConfigureAwait(false);
                await catalog.OutgoingNotices.AddAsync(receivers, NoticeDocument.Of(notice, Environment.MachineName).ToJson(), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (CatalogException exception)
        {
            // Without a catalog there is still the receiver.
            Log.NoticeLost(log, exception.Message);
            Begin(token => SendUnrecordedAsync(notice, token));
            return;
        }

        lock (_lock)
        {
            if (_asked)
            {
                return;
            }

            _asked = true;
        }

        Begin(DeliverAsync);
    }

    /// <summary>Tries all that is due.</summary>
    public async Task DeliverAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            lock (_lock)
            {
                // What is told from here on may not be in the list any more.
                _asked = false;
            }

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

    /// <summary>Returns when nothing is being handed over.</summary>
    public Task IdleAsync()
    {
        lock (_lock)
        {
            return _underWay;
        }
    }

    /// <summary>Waits for what is being handed over, as long as <paramref name="patience"/> allows; what then has not gone out goes at the next start.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        try
        {
            await IdleAsync().WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            await IdleAsync().ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _ending.Dispose();
        _one.Dispose();
    }

    void Begin(Func<CancellationToken, Task> handOver)
    {
        lock (_lock)
        {
            _underWay = Task.WhenAll(_underWay, Task.Run(() => GuardAsync(handOver), CancellationToken.None));
        }
    }

    /// <summary>Nobody waits for it, so nobody else would see how it ends.</summary>
    async Task GuardAsync(Func<CancellationToken, Task> handOver)
    {
        try
        {
            await handOver(_ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
        catch (Exception exception)
        {
            Log.NoticesBroke(log, exception);
        }
    }

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
        if (await ProblemAsync(channel, () => NoticeDocument.Parse(notice.Document), cancellationToken).ConfigureAwait(false) is { } problem)
        {
            metrics.Told(channel.Name, taken: false);
            var age = time.GetUtcNow() - notice.CreatedAt;
            DateTimeOffset? next = age > GiveUpAfter ? null : time.GetUtcNow() + Wait(notice.Attempts);
            await catalog.OutgoingNotices.FailedAsync(notice.Id, problem, next, cancellationToken).ConfigureAwait(false);
            Log.NotTaken(log, channel.Name, notice.Attempts + 1, problem);
            if (next is null)
            {
                Log.NoticeGivenUp(log, channel.Name, age, notice.Document);
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
            var problem = await ProblemAsync(channel, () => NoticeDocument.Of(notice, Environment.MachineName), cancellationToken).ConfigureAwait(false);
            metrics.Told(channel.Name, taken: problem is null);
            if (problem is not null)
            {
                Log.NotTaken(log, channel.Name, 1, problem);
            }
        }
    }

    /// <summary>Hands one over; what keeps the receiver from taking it, or null when it has it. A receiver may answer anything, and a document may be of another version.</summary>
    async Task<string?> ProblemAsync(INoticeChannel channel, Func<NoticeDocument> document, CancellationToken cancellationToken)
    {
        try
        {
            await channel.SendAsync(document(), cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (NoticeNotTakenException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NoticesBroke(log, exception);
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    static TimeSpan Wait(int attempts) => TimeSpan.FromMinutes(Math.Min(LongestWait.TotalMinutes, Math.Pow(2, Math.Min(attempts, 10))));
}
