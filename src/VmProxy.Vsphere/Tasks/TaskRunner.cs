namespace VmProxy.Vsphere;

/// <summary>Starts a task and waits for it, with the decisions about busy objects and lost answers in one place.</summary>
sealed class TaskRunner(VcenterCaller caller, VcenterTasks tasks)
{
    const int Starts = 2;

    /// <summary>How long a call that starts a task may go on after a cancellation: without the task's name nobody could cancel that.</summary>
    static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(10);

    readonly BusyRetry _busy = new(caller);

    public VcenterTasks Tasks => tasks;

    /// <summary>Starts and waits; tries again only while the object is busy or its files are locked. For what does no more when repeated.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.OutcomeUnknown"/>: whether the task began is not known.</exception>
    public Task<ObjectId?> RunAsync(
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<Vim.ManagedObjectReference>> start,
        CancellationToken cancellationToken)
        => _busy.RunAsync(
            @object,
            step,
            Busy.TasksAndLocks,
            token => StartAndWaitAsync(@object, step, start, token),
            cancellationToken);

    /// <summary>
    /// Starts and waits. When the answer was lost, waits until the entity rests and asks <paramref name="find"/> what the server did; only when it
    /// did nothing, the task is started once more. <paramref name="find"/> also tells what a task that gives no result made.
    /// </summary>
    /// <returns>What was made.</returns>
    public async Task<T> RunOnceAsync<T>(
        ObjectId entity,
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<Vim.ManagedObjectReference>> start,
        Func<ObjectId?, CancellationToken, Task<T?>> find,
        CancellationToken cancellationToken)
        where T : class
    {
        bool begun = false;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await _busy.RunAsync(
                    @object,
                    step,
                    Busy.Tasks,
                    async token =>
                    {
                        // Every further start is preceded by a look: what held the object may have been our own task.
                        if (begun && await find(null, token).ConfigureAwait(false) is { } made)
                        {
                            return made;
                        }

                        begun = true;
                        var result = await StartAndWaitAsync(@object, step, start, token).ConfigureAwait(false);
                        return await find(result, token).ConfigureAwait(false) ?? throw new VsphereException(
                            VsphereErrorCodes.TaskFailed,
                            @object,
                            step,
                            "the task ended well, and nothing came of it.",
                            "Look at the object's events in vCenter.");
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.OutcomeUnknown)
            {
                Log.AnswerLost(caller.Logger, @object, step);
                await tasks.SettleAsync(entity, @object, cancellationToken).ConfigureAwait(false);
                if (await find(null, cancellationToken).ConfigureAwait(false) is { } made)
                {
                    return made;
                }

                if (attempt == Starts)
                {
                    throw;
                }
            }
        }
    }

    async Task<ObjectId?> StartAndWaitAsync(
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<Vim.ManagedObjectReference>> start,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, caller.Time);
        Vim.ManagedObjectReference task;
        using (cancellationToken.UnsafeRegister(_ => late.CancelAfter(StartGrace), null))
        {
            task = await caller.ChangeAsync(@object, step, start, late.Token).ConfigureAwait(false);
        }

        return await tasks.WaitAsync(task.ToId(), @object, step, cancellationToken).ConfigureAwait(false);
    }
}
