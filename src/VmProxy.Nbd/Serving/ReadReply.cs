using VmProxy.Blocks;
using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>
/// The answer to a read, in one buffer: nothing is sent before all of it has been read, so that a failure is answered as one.
/// </summary>
static class ReadReply
{
    /// <summary>Zeros shorter than this are not worth a chunk of their own, and reads shorter than it are not asked about.</summary>
    const int MinHole = 4096;

    /// <summary>Reads without chunks.</summary>
    /// <exception cref="BlockDeviceException">The device failed.</exception>
    public static async Task<Reply> SimpleAsync(IBlockDevice device, NbdRequest request, CancellationToken cancellationToken)
    {
        var reply = Reply.Rent(Replies.SimpleSize + (int)request.Length);
        try
        {
            Replies.WriteSimple(reply.Take(Replies.SimpleSize).Span, request.Cookie, error: 0);
            await device.ReadAsync((long)request.Offset, reply.Take((int)request.Length), cancellationToken).ConfigureAwait(false);
            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    /// <summary>Reads into chunks, of which those for holes hold no bytes.</summary>
    /// <exception cref="BlockDeviceException">The device failed.</exception>
    public static async Task<Reply> StructuredAsync(IBlockDevice device, NbdRequest request, CancellationToken cancellationToken)
    {
        var runs = request.Flags.HasFlag(RequestFlags.DontFragment) || request.Length < MinHole
            ? [new BlockRun((long)request.Offset, request.Length, BlockRunKind.Data)]
            : await PlanAsync(device, (long)request.Offset, (int)request.Length, cancellationToken).ConfigureAwait(false);
        var reply = Reply.Rent(runs.Sum(run => run.Kind == BlockRunKind.Data ? Replies.DataSize + (int)run.Length : Replies.HoleSize));
        try
        {
            foreach (var run in runs)
            {
                var isLast = run.End == runs[^1].End;
                if (run.Kind == BlockRunKind.Data)
                {
                    Replies.WriteData(reply.Take(Replies.DataSize).Span, isLast, request.Cookie, run.Offset, (int)run.Length);
                    await device.ReadAsync(run.Offset, reply.Take((int)run.Length), cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    Replies.WriteHole(reply.Take(Replies.HoleSize).Span, isLast, request.Cookie, run.Offset, (int)run.Length);
                }
            }

            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    /// <summary>Runs of data and of zeros in turn, the short ones of zeros counted as data.</summary>
    static async Task<List<BlockRun>> PlanAsync(IBlockDevice device, long offset, int length, CancellationToken cancellationToken)
    {
        var end = offset + length;
        var plan = new List<BlockRun>();
        await foreach (var run in device.RunsAsync(offset, length, cancellationToken).ConfigureAwait(false))
        {
            var isLast = plan.Count == Limits.MaxChunks - 1;
            var kind = run.Kind == BlockRunKind.Data || run.Length < MinHole || isLast ? BlockRunKind.Data : BlockRunKind.Hole;
            var piece = new BlockRun(run.Offset, isLast ? end - run.Offset : run.Length, kind);
            if (plan.Count > 0 && plan[^1].Kind == kind)
            {
                plan[^1] = plan[^1] with { Length = piece.End - plan[^1].Offset };
            }
            else
            {
                plan.Add(piece);
            }

            if (piece.End == end)
            {
                break;
            }
        }

        return plan;
    }
}
