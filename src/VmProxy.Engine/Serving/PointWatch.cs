using Microsoft.Extensions.Logging;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Serving;

/// <summary>
/// Looks whether a point in use still exists. Nobody is kept from deleting it; but whoever uses it hears that it was deleted before prunes take its data away, which
/// they do not before their grace has passed.
/// </summary>
sealed class PointWatch(OpenedRepository repository, string point, TimeProvider time, ILogger log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Watches until it is cancelled, which is its normal end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var isGone = false;
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                if (!isGone && await IsGoneAsync(cancellationToken).ConfigureAwait(false))
                {
                    isGone = true;
                    log.LogWarning(
                        "{Point} was deleted while it is in use: prunes may take its data from {Grace} on, and reads of them fail then. Copy what is needed now", point,
                        repository.Settings.PruneGrace);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever uses the point has ended.
        }
    }

    async Task<bool> IsGoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await repository.Repository.ReadPointAsync(point, cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (RepositoryException exception)
        {
            // A store that gives no answer now says nothing of the point; reads of the disk tell their own failures.
            return exception.Code == RepositoryErrorCodes.PointNotFound;
        }
    }
}
