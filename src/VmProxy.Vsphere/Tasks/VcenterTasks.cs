namespace VmProxy.Vsphere;

/// <summary>
/// Waits for tasks without polling. A wait outlives the connection and the session: the task is found again by its id (requirement 9).
/// </summary>
public sealed class VcenterTasks
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(30);
    static readonly string[] Info = ["info"];
    static readonly string[] RecentTasks = ["recentTask"];

    readonly VcenterCaller _caller;
    readonly PropertyReader _properties;
    readonly TaskWatch _watch;

    internal VcenterTasks(VcenterCaller caller, PropertyReader properties)
    {
        _caller = caller;
        _properties = properties;
        _watch = new TaskWatch(caller);
    }

    /// <summary>Waits until a task has ended well, at most <see cref="VcenterOptions.TaskTimeout"/>; then, or when canceled, the task is canceled too.</summary>
    /// <param name="task">The task.</param>
    /// <param name="object">What it works on, for messages.</param>
    /// <param name="step">What it does, for messages.</param>
    /// <param name="cancellationToken">Ends the wait and asks the server to cancel the task.</param>
    /// <returns>The object that the task made, such as a snapshot; null when it makes none.</returns>
    /// <exception cref="VsphereException">
    /// The task failed or took too long; with <see cref="VsphereErrorCodes.OutcomeUnknown"/>: the server no longer knows it.
    /// </exception>
    public async Task<ObjectId?> WaitAsync(ObjectId task, string @object, string step, CancellationToken cancellationToken)
        => (await WaitForResultAsync(task, @object, step, cancellationToken).ConfigureAwait(false) as Vim.ManagedObjectReference)?.ToId();

    /// <summary>The same, for a task that gives something else than an object; null when it gives nothing.</summary>
    internal async Task<object?> WaitForResultAsync(ObjectId task, string @object, string step, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_caller.Options.TaskTimeout, _caller.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Vim.TaskInfo info;
        try
        {
            info = await WaitThroughLossesAsync(task, @object, step, both.Token).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.ObjectGone)
        {
            throw new VsphereException(
                VsphereErrorCodes.OutcomeUnknown,
                @object,
                step,
                $"the server no longer knows the task {task.Value}.",
                "Look in vCenter at what was done.",
                exception);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            await TryCancelAsync(task, @object).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw new VsphereException(
                VsphereErrorCodes.Timeout,
                @object,
                step,
                $"the task did not end within {_caller.Options.TaskTimeout}.",
                "Look at the task in vCenter; it was asked to stop.");
        }

        return info.State == Vim.TaskInfoState.Success
            ? info.Result
            : throw Faults.OfTask(info.Error, @object, step);
    }

    /// <summary>Waits until none of an object's recent tasks runs any more, whatever their outcome. Before this, a lost answer cannot be judged.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.TaskInProgress"/>: one still runs after <see cref="VcenterOptions.BusyLimit"/>.</exception>
    public async Task SettleAsync(ObjectId entity, string @object, CancellationToken cancellationToken)
    {
        var recent = await _properties.ReadAsync(entity, RecentTasks, cancellationToken).ConfigureAwait(false);
        foreach (var task in recent.List<Vim.ManagedObjectReference>("recentTask").Select(References.ToId).ToArray())
        {
            using var limit = new CancellationTokenSource(_caller.Options.BusyLimit, _caller.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                await WaitThroughLossesAsync(task, @object, "waiting for earlier tasks", both.Token).ConfigureAwait(false);
            }
            catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.ObjectGone)
            {
                // It ended so long ago that the server forgot it.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new VsphereException(
                    VsphereErrorCodes.TaskInProgress,
                    @object,
                    "waiting for earlier tasks",
                    $"a task still runs after {_caller.Options.BusyLimit}.",
                    "Wait for it, then run again.");
            }
        }
    }

    async Task<Vim.TaskInfo> WaitThroughLossesAsync(ObjectId task, string @object, string step, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // The state first: most waits for earlier tasks end here, and after a loss the end may have come meanwhile.
                if (await ReadEndedAsync(task, cancellationToken).ConfigureAwait(false) is { } ended)
                {
                    return ended;
                }

                await _watch.WaitForChangeAsync(task, @object, step, cancellationToken).ConfigureAwait(false);
            }
            catch (StartOverException exception)
            {
                Log.WaitInterrupted(_caller.Logger, _caller.Options.Name, @object, step, exception.Message);
            }
            catch (VsphereException exception) when (exception.Code is VsphereErrorCodes.Unreachable or VsphereErrorCodes.Timeout)
            {
                Log.WaitInterrupted(_caller.Logger, _caller.Options.Name, @object, step, exception.Message);
                await Task.Delay(Pause, _caller.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    async Task<Vim.TaskInfo?> ReadEndedAsync(ObjectId task, CancellationToken cancellationToken)
    {
        var read = await _properties.ReadAsync(task, Info, cancellationToken).ConfigureAwait(false);
        var info = read.Object<Vim.TaskInfo>("info");
        return info?.State is Vim.TaskInfoState.Success or Vim.TaskInfoState.Error ? info : null;
    }

    async Task TryCancelAsync(ObjectId task, string @object)
    {
        using var patience = new CancellationTokenSource(CancelPatience, _caller.Time);
        try
        {
            await _caller.Live.Client.CancelTaskAsync(task.ToReference(), patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Vim.VimException or OperationCanceledException)
        {
            Log.CancelFailed(_caller.Logger, _caller.Options.Name, task.Value, @object, exception.Message);
        }
    }
}
