using System.Runtime.CompilerServices;

namespace VmProxy.Blocks;

/// <summary>Work on sequences of runs that every composed device shares.</summary>
public static class BlockRunExtensions
{
    /// <summary>Joins neighbouring runs of one kind and drops empty ones, as <see cref="IBlockDevice.RunsAsync"/> promises.</summary>
    public static async IAsyncEnumerable<BlockRun> CoalesceAsync(
        this IAsyncEnumerable<BlockRun> runs, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pending = default(BlockRun);
        await foreach (var run in runs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (run.Length == 0)
            {
                continue;
            }

            if (pending.Length > 0 && pending.Kind == run.Kind && pending.End == run.Offset)
            {
                pending = pending with { Length = pending.Length + run.Length };
                continue;
            }

            if (pending.Length > 0)
            {
                yield return pending;
            }

            pending = run;
        }

        if (pending.Length > 0)
        {
            yield return pending;
        }
    }

    /// <summary>The same runs at another place: each offset plus <paramref name="delta"/> bytes.</summary>
    public static async IAsyncEnumerable<BlockRun> ShiftAsync(
        this IAsyncEnumerable<BlockRun> runs, long delta, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var run in runs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return run with { Offset = run.Offset + delta };
        }
    }

    /// <summary>One run of one kind, or none when the length is 0.</summary>
    public static async IAsyncEnumerable<BlockRun> Single(long offset, long length, BlockRunKind kind)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        if (length > 0)
        {
            yield return new BlockRun(offset, length, kind);
        }
    }
}
