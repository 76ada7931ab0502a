namespace VmProxy.GuestFiles;

/// <summary>Clusters of an attribute that lie one after the other.</summary>
/// <param name="Vcn">First cluster within the attribute.</param>
/// <param name="Length">Clusters; at least 1.</param>
/// <param name="Lcn">First cluster within the volume, or <see cref="Hole"/>.</param>
readonly record struct NtfsRun(long Vcn, long Length, long Lcn)
{
    public const long Hole = -1;

    public long End => Vcn + Length;
}
