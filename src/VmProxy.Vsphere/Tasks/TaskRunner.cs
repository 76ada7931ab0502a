namespace VmProxy.Vsphere;

/// <summary>Starts a task and waits for it, with the decisions about busy objects and lost answers in one place.</summary>
sealed class TaskRunner(VcenterCaller caller, VcenterTasks tasks)
{
    readonly BusyRetry _busy = new(caller);

    public VcenterTasks Tasks => tasks;

    /// <summary>Starts and waits; tries again only while the object is busy.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.OutcomeUnknown"/>: whether the task began is not known.</exception>
    public Task<ObjectId?> RunAsync(
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<Vim.ManagedObjectReference>> start,
        CancellationToken cancellationToken)
        => _busy.RunAsync(
            @object,
            step,
            async token =>
            {
                var task = await caller.ChangeAsync(@object, step, start, token).ConfigureAwait(false);
                return await tasks.WaitAsync(task.ToId(), @object, step, token).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>
    /// Starts and waits. When the answer was lost, waits until the entity rests and asks <paramref name="find"/> what the server did; only when it
    /// did nothing, the task is started once more.
    /// </summary>
    public async Task<T> RunOnceAsync<T>(
        ObjectId entity,
        string @object,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<Vim.ManagedObjectReference>> start,
        Func<ObjectId?, Task<T>> finished,
        Func<Task<(bool Found, T Value)>> find,
        CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await finished(await RunAsync(@object, step, start, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.OutcomeUnknown)
            {
                Log.AnswerLost(caller.Logger, @object, step);
                await tasks.SettleAsync(entity, @object, cancellationToken).ConfigureAwait(false);
                var (found, value) = await find().ConfigureAwait(false);
                if (found)
                {
                    return value;
                }

                if (attempt > 1)
                {
                    throw;
                }
            }
        }
    }
}
