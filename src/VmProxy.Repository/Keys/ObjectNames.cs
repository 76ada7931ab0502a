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
    public const string Sessions = "sessions/";
    public const string Trash = "trash/";
    public const string Holds = "holds/";
    public const string Condemned = "condemned/";
    public const string Checks = "checks/";
    public const string Lease = "lease";
    public const string AliveSuffix = ".alive";
    public const string ClosingSuffix = ".closing";
    public const string ClosedSuffix = ".closed";
    public const string WaitingSuffix = ".waiting";

    public static string KeySlot(RandomId id) => KeySlots + id;

    public static string KeyRing(RandomId id) => KeyRings + id;

    public static string IndexSegment(RandomId id) => IndexSegments + id;

    public static string Point(RandomId id) => Points + id;

    public static string Session(RandomId id) => Sessions + id;

    /// <summary>A point is deleted once this exists. It is never taken back.</summary>
    public static string Trashed(RandomId point) => Trash + point;

    /// <summary>Somebody is about to delete a point, and may yet find that it is held. Each attempt has a name of its own.</summary>
    public static string DeletionIntent(RandomId point, RandomId attempt) => $"{Trash}{point}.{attempt}";

    /// <summary>A point is held while any of these exists. Each holder has a name of its own.</summary>
    public static string Hold(RandomId point, RandomId hold) => $"{Holds}{point}.{hold}";

    public static string HoldsOf(RandomId point) => $"{Holds}{point}.";

    public static string CondemnedList(RandomId id) => Condemned + id;

    // A folder of some hundred thousand files is slow on many file systems, so data packs are spread over 256.
    public static string Pack(Packs.PackKind kind, RandomId id)
    {
        var name = id.ToString();
        return kind == Packs.PackKind.Data ? $"{DataPacks}{name[..2]}/{name}" : MetadataPacks + name;
    }

    /// <summary>The random part of a name that ends in one; false for a foreign object.</summary>
    public static bool TryParse(string name, out RandomId id) => RandomId.TryParse(name.AsSpan(name.LastIndexOf('/') + 1), out id);
}
