using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>
/// Which failures of work were told, so that what is done every hour is not told every hour. It is kept in memory, for the catalog may be what fails.
/// </summary>
sealed class ToldFailures(TimeProvider time)
{
    readonly Lock _lock = new();
    readonly Dictionary<WorkKey, (string Code, DateTimeOffset At)> _told = [];

    /// <summary>Whether somebody should be told that the work failed: it did not before, or otherwise, or so long ago that it is told again.</summary>
    public bool Fails(WorkKey work, string code, TimeSpan repeatAfter)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_told.TryGetValue(work, out var told) && told.Code == code && now - told.At < repeatAfter && now >= told.At)
            {
                return false;
            }

            _told[work] = (code, now);
            return true;
        }
    }

    /// <summary>Whether somebody was told that the work fails, which it does no more.</summary>
    public bool Ends(WorkKey work)
    {
        lock (_lock)
        {
            return _told.Remove(work);
        }
    }
}
