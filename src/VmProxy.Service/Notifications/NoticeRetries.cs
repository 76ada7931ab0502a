using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace VmProxy.Service.Notifications;

/// <summary>Tries again what receivers did not take.</summary>
sealed class NoticeRetries(Notifier notifier, TimeProvider time, ILogger<NoticeRetries> log) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookAgain, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await DeliverAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

    async Task DeliverAsync(CancellationToken stoppingToken)
    {
        try
        {
            await notifier.DeliverAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // What leaves here would end the service, and with it the nights.
            Log.NoticesBroke(log, exception);
        }
    }
}
