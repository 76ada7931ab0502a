namespace VmProxy.Vsphere;

/// <summary>
/// Watches one task's state through WaitForUpdatesEx. Collector and filter live as long as one login and are made anew for every watch.
/// </summary>
sealed class TaskWatch(VcenterCaller caller)
{
    // Short enough that no proxy in between takes the silence for a dead connection.
    static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Returns once the task's state may have changed to an end. A collector of its own: waiting on the shared one would block others.</summary>
    public async Task WaitForChangeAsync(ObjectId task, string @object, string step, CancellationToken cancellationToken)
    {
        var live = caller.Live;
        var collector = await caller.ReadInAsync(
            live,
            @object,
            step,
            (client, token) => client.CreatePropertyCollectorAsync(live.Content.PropertyCollector, token),
            cancellationToken).ConfigureAwait(false);
        try
        {
            await caller.ReadInAsync(
                live,
                @object,
                step,
                (client, token) => client.CreateFilterAsync(collector, StateOf(task), false, token),
                cancellationToken).ConfigureAwait(false);
            await WaitForEndAsync(live, collector, @object, step, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.FaultType is "ManagedObjectNotFound" or "InvalidCollectorVersion")
        {
            // Either the task is gone, which reading it again will tell, or the collector died with its session.
            throw new StartOverException(exception);
        }
        finally
        {
            await DestroyAsync(live, collector).ConfigureAwait(false);
        }
    }

    async Task WaitForEndAsync(
        LiveSession live, Vim.ManagedObjectReference collector, string @object, string step, CancellationToken cancellationToken)
    {
        var options = new Vim.WaitOptions { MaxWaitSeconds = WaitSeconds() };
        string version = "";
        while (true)
        {
            string since = version;
            var updates = await caller.ReadInAsync(
                live,
                @object,
                step,
                (client, token) => client.WaitForUpdatesExAsync(collector, since, options, token),
                cancellationToken).ConfigureAwait(false);
            if (updates is null or { FilterSet.Count: 0 })
            {
                continue;
            }

            version = updates.Version;
            if (updates.FilterSet.Any(filter => filter.MissingSet.Count > 0 || filter.ObjectSet.Any(MayHaveEnded)))
            {
                return;
            }
        }
    }

    static bool MayHaveEnded(Vim.ObjectUpdate update)
        => update.Kind == Vim.ObjectUpdateKind.Leave
            || update.ChangeSet.Any(change => change.Val?.ToString() is not (Vim.TaskInfoState.Queued or Vim.TaskInfoState.Running));

    int WaitSeconds()
        => (int)Math.Max(1, Math.Min(LongestSilence.TotalSeconds, caller.Options.CallTimeout.TotalSeconds / 2));

    async Task DestroyAsync(LiveSession live, Vim.ManagedObjectReference collector)
    {
        using var patience = new CancellationTokenSource(Patience, caller.Time);
        try
        {
            await live.Client.DestroyPropertyCollectorAsync(collector, patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Vim.VimException or OperationCanceledException)
        {
            // It dies with its session.
        }
    }

    static Vim.PropertyFilterSpec StateOf(ObjectId task) => new()
    {
        PropSet = [new Vim.PropertySpec { Type = task.Type, PathSet = ["info.state"] }],
        ObjectSet = [new Vim.ObjectSpec { Obj = task.ToReference() }],
    };
}
