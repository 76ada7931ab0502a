using VmProxy.Catalog;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Tests;

/// <summary>
/// A process that dies at a moment: from then on nothing of it goes on, not even its clean-up. What it was doing hangs for good, which is all
/// that others can see of a dead process; the process table says that it is gone.
/// </summary>
sealed class CrashAt(string moment) : ICheckpoints, IProcessTable
{
    readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the process dies.</summary>
    public Task Crashed => _crashed.Task;

    public string BootId => "boot";

    public string PidNamespace => "pid";

    public async ValueTask ReachedAsync(string reached)
    {
        if (_crashed.Task.IsCompleted || reached == moment)
        {
            _crashed.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        }
    }

    public long? StartTicks(int processId) => 1;
}

/// <summary>The same machine after the crash.</summary>
sealed class AfterCrash : IProcessTable
{
    public string BootId => "boot";

    public string PidNamespace => "pid";

    public long? StartTicks(int processId) => 2;
}
