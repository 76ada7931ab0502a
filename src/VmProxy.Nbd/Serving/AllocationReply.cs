using VmProxy.Blocks;
using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>The answer to the question what is allocated.</summary>
static class AllocationReply
{
    /// <summary>The extents from the beginning of the range; where they are too many, the first of them, and the client asks on.</summary>
    /// <exception cref="BlockDeviceException">The device failed.</exception>
    public static async Task<byte[]> BuildAsync(IBlockDevice device, NbdRequest request, CancellationToken cancellationToken)
    {
        var most = request.Flags.HasFlag(RequestFlags.OneExtent) ? 1 : Limits.MaxExtents;
        var extents = new List<(uint Length, Allocation Flags)>();
        await foreach (var run in device.RunsAsync((long)request.Offset, request.Length, cancellationToken).ConfigureAwait(false))
        {
            extents.Add(((uint)run.Length, FlagsOf(run.Kind)));
            if (extents.Count == most)
            {
                break;
            }
        }

        return Replies.BlockStatus(request.Cookie, MetaContextQuery.AllocationId, extents);
    }

    static Allocation FlagsOf(BlockRunKind kind) => kind switch
    {
        BlockRunKind.Hole => Allocation.Hole | Allocation.Zero,
        BlockRunKind.Zero => Allocation.Zero,
        _ => Allocation.Data,
    };
}
