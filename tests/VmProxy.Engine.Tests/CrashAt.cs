using System.Collections.Concurrent;
using VmProxy.Catalog;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Tests;

/// <summary>
/// A process that dies at a moment: from then on nothing of it goes on, not even its clean-up. What it was doing hangs for good, which is all
/// that others can see of a dead process; the process table says that it is gone.
/// </summary>
/// <param name="moment">When it dies.</param>
/// <param name="start">When it was started, in clock ticks: tells it from others of the same id.</param>
sealed class CrashAt(string moment, long start = 1) : ICheckpoints, IProcessTable
{
    readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ConcurrentQueue<string> _reached = new();

    /// <summary>Completes when the process dies.</summary>
    public Task Crashed => _crashed.Task;

    /// <summary>The moments that it came to.</summary>
    public IEnumerable<string> Reached => _reached;

    public string BootId => "boot";

    public string PidNamespace => "pid";

    public async ValueTask ReachedAsync(string reached)
    {
        _reached.Enqueue(reached);
        if (_crashed.Task.IsCompleted || reached == moment)
        {
            _crashed.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        }
    }

    public long? StartTicks(int processId) => start;
}

/// <summary>The same machine after the crash.</summary>
sealed class AfterCrash : IProcessTable
{
    public string BootId => "boot";

    public string PidNamespace => "pid";

    public long? StartTicks(int processId) => 99;
}

/// <summary>The clock of a machine on which it is later.</summary>
sealed class LaterTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
