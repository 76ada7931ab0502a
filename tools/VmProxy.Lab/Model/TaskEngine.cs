using System.Globalization;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>Runs tasks: one at a time for each VM, to the end also when the client goes away.</summary>
internal sealed class TaskEngine(LabOptions options, FaultRegistry faults, Lock gate, ChangeSignal changed) : IAsyncDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly Dictionary<string, LabTask> _tasks = new(StringComparer.Ordinal);
    readonly HashSet<Task> _running = [];
    int _last;

    public LabTask? Find(string id)
    {
        lock (gate)
        {
            return _tasks.GetValueOrDefault(id);
        }
    }

    public IReadOnlyList<LabTask> Of(LabVm vm)
    {
        lock (gate)
        {
            return [.. _tasks.Values.Where(task => task.Vm == vm)];
        }
    }

    /// <summary>Starts a task and returns at once. A VM that another task holds gives a task that fails with TaskInProgress.</summary>
    public LabTask Start(string operation, string user, LabVm? vm, Func<CancellationToken, Task<object?>> work)
    {
        LabTask task;
        lock (gate)
        {
            var number = ++_last;
            task = new LabTask
            {
                Id = options.HostOnly
                    ? string.Create(CultureInfo.InvariantCulture, $"haTask-{vm?.Id ?? "ha-host"}-vim.{operation}-{number}")
                    : string.Create(CultureInfo.InvariantCulture, $"task-{number}"),
                Operation = operation,
                Vm = vm,
                User = user,
                Queued = options.Clock.GetUtcNow(),
            };
            if (faults.TakeFor(FaultNames.LostTask, operation) is null)
            {
                _tasks.Add(task.Id, task);
            }

            if (vm?.ActiveTask is { } other)
            {
                Finish(task, null, new LabFault("TaskInProgress", "Another task is already in progress.", ("task", other)));
                return task;
            }

            if (vm is not null)
            {
                vm.ActiveTask = task;
            }

            task.State = "running";
            task.Started = options.Clock.GetUtcNow();
            var running = Task.Run(() => RunAsync(task, work), CancellationToken.None);
            _running.Add(running);
            running.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        changed.Raise();
        return task;
    }

    public void Cancel(LabTask task)
    {
        lock (gate)
        {
            task.Cancelled = true;
        }

        task.Cancellation.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] running;
        lock (gate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
        _stopping.Dispose();
    }

    void Forget(Task running)
    {
        lock (gate)
        {
            _running.Remove(running);
        }
    }

    async Task RunAsync(LabTask task, Func<CancellationToken, Task<object?>> work)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, task.Cancellation.Token);
        object? result = null;
        LabFault? error = null;
        try
        {
            result = await RunWithFaultsAsync(task.Operation, work, cancellation.Token);
        }
        catch (LabFault fault)
        {
            error = fault;
        }
        catch (DatastoreFullException full)
        {
            error = LabFault.NoDiskSpace(full.File, full.Datastore);
        }
        catch (FileLockedException locked)
        {
            error = LabFault.FileLocked(locked.File);
        }
        catch (OperationCanceledException)
        {
            error = new LabFault("RequestCanceled", "The task was canceled by a user.");
        }
        catch (Exception mistake)
        {
            // A mistake of the lab's must show in the client's test and not as a task that never ends.
            error = LabFault.SystemError(mistake);
        }

        lock (gate)
        {
            Finish(task, result, error);
            if (task.Vm is { } vm)
            {
                vm.ActiveTask = null;
            }
        }

        changed.Raise();
    }

    async Task<object?> RunWithFaultsAsync(string operation, Func<CancellationToken, Task<object?>> work, CancellationToken cancellationToken)
    {
        if (faults.TakeFor(FaultNames.DelayTask, operation) is [var seconds, ..])
        {
            await Task.Delay(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), options.Clock, cancellationToken);
        }

        if (faults.TakeFor(FaultNames.HangTask, operation) is not null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, options.Clock, cancellationToken);
        }

        if (faults.TakeFor(FaultNames.FailTask, operation) is { } early)
        {
            throw Injected(early);
        }

        var result = await work(cancellationToken);
        return faults.TakeFor(FaultNames.FailTaskLate, operation) is { } late ? throw Injected(late) : result;
    }

    void Finish(LabTask task, object? result, LabFault? error)
    {
        task.Started ??= task.Queued;
        task.Completed = options.Clock.GetUtcNow();
        task.Result = result;
        task.Error = error;
        task.State = error is null ? "success" : "error";
    }

    static LabFault Injected(string[] arguments) => new(arguments is [var name, ..] ? name : "GenericVmConfigFault", "Injected by the lab.");
}
