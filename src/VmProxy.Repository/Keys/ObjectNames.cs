namespace VmProxy.Repository;

/// <summary>The names of objects (docs/FORMAT.md, "Objects").</summary>
internal static class ObjectNames
{
    public const string Header = "vmproxy-repository";
    public const string KeySlots = "keys/slots/";
    public const string KeyRings = "keys/rings/";
    public const string DataPacks = "data/";
    public const string MetadataPacks = "meta/";
    public const string IndexSegments = "index/";
    public const string Points = "points/";

    public static string KeySlot(RandomId id) => KeySlots + id;

    public static string KeyRing(RandomId id) => KeyRings + id;

    public static string IndexSegment(RandomId id) => IndexSegments + id;

    public static string Point(RandomId id) => Points + id;

    // A folder of some hundred thousand files is slow on many file systems, so data packs are spread over 256.
    public static string Pack(Packs.PackKind kind, RandomId id)
    {
        var name = id.ToString();
        return kind == Packs.PackKind.Data ? $"{DataPacks}{name[..2]}/{name}" : MetadataPacks + name;
    }

    /// <summary>The random part of a name that ends in one; false for a foreign object.</summary>
    public static bool TryParse(string name, out RandomId id) => RandomId.TryParse(name.AsSpan(name.LastIndexOf('/') + 1), out id);
}
