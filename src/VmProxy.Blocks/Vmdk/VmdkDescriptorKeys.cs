namespace VmProxy.Blocks.Vmdk;

/// <summary>The header keys that have a property in <see cref="VmdkDescriptor"/>.</summary>
static class VmdkDescriptorKeys
{
    public const string Version = "version";
    public const string Encoding = "encoding";
    public const string Cid = "CID";
    public const string ParentCid = "parentCID";
    public const string CreateType = "createType";
    public const string ParentFileNameHint = "parentFileNameHint";
    public const string ChangeTrackPath = "changeTrackPath";

    public static readonly HashSet<string> All = new(StringComparer.OrdinalIgnoreCase)
    {
        Version, Encoding, Cid, ParentCid, CreateType, ParentFileNameHint, ChangeTrackPath,
    };
}
