namespace VmProxy.Repository;

/// <summary>Work on several items at once; with one worker it stays on the caller's path, one item after the other, as simulations need it.</summary>
internal static class Workers
{
    public static async Task ForEachAsync<T>(
        IAsyncEnumerable<T> items, int workers, Func<T, CancellationToken, ValueTask> work, CancellationToken cancellationToken)
    {
        if (workers > 1)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(items, options, work).ConfigureAwait(false);
            return;
        }

        await foreach (var item in items.ConfigureAwait(false))
        {
            await work(item, cancellationToken).ConfigureAwait(false);
        }
    }
}
