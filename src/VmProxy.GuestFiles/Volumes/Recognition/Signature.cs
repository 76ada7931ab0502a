namespace VmProxy.GuestFiles;

/// <summary>Bytes at a place that tell by themselves what a volume holds.</summary>
sealed record Signature(int Offset, byte[] Magic, VolumeKind Kind, string Name)
{
    public Signature(int offset, ReadOnlySpan<byte> magic, string name)
        : this(offset, magic.ToArray(), VolumeKind.Other, name)
    {
    }

    /// <summary>What it says, or null.</summary>
    public VolumeContent? Match(VolumeProbe probe) => probe.Has(Offset, Magic) ? new VolumeContent(Kind, Name) : null;
}
