using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>Devices of one length with their bytes dealt out in stripes: the first stripe lies on the first, the second on the second, and so on in rounds. It does not own them.</summary>
sealed class StripedBlockDevice(IReadOnlyList<IBlockDevice> parts, long stripeSize) : IBlockDevice
{
    public long Length { get; } = parts[0].Length * parts.Count;

    public int SectorSize => parts.Max(part => part.SectorSize);

    public int PreferredReadSize => parts.Max(part => part.PreferredReadSize);

    public int MaxInFlight => parts.Max(part => part.MaxInFlight);

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        var (part, at, left) = Place(offset);
        return buffer.Length <= left ? parts[part].ReadAsync(at, buffer, cancellationToken) : ReadAcrossAsync(offset, buffer, cancellationToken);
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return StripesAsync(offset, offset + length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Where a byte lies, and how many follow it there.</summary>
    (int Part, long Offset, long Left) Place(long offset)
    {
        var (stripe, inside) = Math.DivRem(offset, stripeSize);
        var (round, part) = Math.DivRem(stripe, parts.Count);
        return ((int)part, (round * stripeSize) + inside, stripeSize - inside);
    }

    /// <summary>All stripes at once, in as many reads as the parts serve. All of them have ended when it does: the buffer is the caller's again.</summary>
    async ValueTask ReadAcrossAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var reads = new List<Task>();
        while (!buffer.IsEmpty)
        {
            var (part, at, left) = Place(offset);
            var piece = (int)Math.Min(buffer.Length, left);
            reads.Add(parts[part].ReadAsync(at, buffer[..piece], cancellationToken).AsTask());
            buffer = buffer[piece..];
            offset += piece;
            if (reads.Count >= MaxInFlight)
            {
                await Task.WhenAll(reads).ConfigureAwait(false);
                reads.Clear();
            }
        }

        await Task.WhenAll(reads).ConfigureAwait(false);
    }

    /// <summary>The runs of all parts, each part's read on once, put together stripe by stripe.</summary>
    async IAsyncEnumerable<BlockRun> StripesAsync(long offset, long end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runs = new IAsyncEnumerator<BlockRun>?[parts.Count];
        try
        {
            while (offset < end)
            {
                var (part, at, left) = Place(offset);
                var stop = at + Math.Min(left, end - offset);
                var run = runs[part] ??= parts[part].RunsAsync(at, parts[part].Length - at, cancellationToken).GetAsyncEnumerator(cancellationToken);
                while (at < stop)
                {
                    while (run.Current.End <= at && await run.MoveNextAsync().ConfigureAwait(false))
                    {
                    }

                    var length = Math.Min(stop, run.Current.End) - at;
                    yield return new BlockRun(offset, length, run.Current.Kind);
                    at += length;
                    offset += length;
                }
            }
        }
        finally
        {
            foreach (var run in runs.OfType<IAsyncEnumerator<BlockRun>>())
            {
                await run.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
