using VmProxy.Repository.Index;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Checking;

/// <summary>A pack as the listing shows it, with what the index says of it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Its kind, by its name.</param>
/// <param name="Length">Its length in the store.</param>
/// <param name="Known">The index's record of it; null when no segment names it.</param>
internal sealed record PackObject(RandomId Id, PackKind Kind, long Length, PackInfo? Known)
{
    public string Name => ObjectNames.Pack(Kind, Id);

    /// <summary>Where the pack should end.</summary>
    public long End => Known?.Length ?? Length;
}

/// <summary>Where a frame's record lies.</summary>
internal readonly record struct FrameExtent(long Offset, long Length)
{
    public long End => Offset + Length;
}

/// <summary>What the two ends of a pack say.</summary>
/// <param name="Header">The pack's header; by the index, where its own is damaged.</param>
/// <param name="Frames">The frames by the trailer, without gaps; null when header, trailer or footer are damaged.</param>
/// <param name="TrailerOffset">End of the frames; where it is not known, the footer's offset.</param>
internal sealed record PackEnds(PackHeader Header, IReadOnlyList<FrameExtent>? Frames, long TrailerOffset);
