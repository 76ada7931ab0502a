using Microsoft.Extensions.Hosting;

namespace VmProxy.Service.Notifications;

/// <summary>Tries again what receivers did not take.</summary>
sealed class NoticeRetries(Notifier notifier, TimeProvider time) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookAgain, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await notifier.DeliverAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }
}
