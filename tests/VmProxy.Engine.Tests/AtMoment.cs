using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Tests;

/// <summary>Does something the first time that a run comes to a moment.</summary>
sealed class AtMoment(string moment, Func<Task> action) : ICheckpoints
{
    int _done;

    public async ValueTask ReachedAsync(string reached)
    {
        if (reached == moment && Interlocked.Exchange(ref _done, 1) == 0)
        {
            await action();
        }
    }
}
