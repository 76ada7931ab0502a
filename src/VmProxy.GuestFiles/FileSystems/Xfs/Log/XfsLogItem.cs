namespace VmProxy.GuestFiles;

/// <summary>One thing that a transaction changed: what it is, and the bytes that go with it.</summary>
sealed class XfsLogItem(int regions)
{
    readonly List<byte[]> _regions = new(Math.Min(regions, 16));

    /// <summary>Which thing; a number of <see cref="XfsLogItemType"/>.</summary>
    public ushort Type => Description.Little16(0);

    public bool IsComplete => _regions.Count == regions;

    public int Count => _regions.Count;

    public ReadOnlySpan<byte> Description => _regions[0];

    public ReadOnlySpan<byte> this[int region] => _regions[region];

    public void Add(ReadOnlySpan<byte> bytes) => _regions.Add(bytes.ToArray());

    /// <summary>Goes on with the last region, which did not fit into a record.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _regions[^1] = [.. _regions[^1], .. bytes];
}

/// <summary>The things that the log tells of, by the numbers that begin their descriptions.</summary>
static class XfsLogItemType
{
    public const ushort ExtentFree = 0x1236;
    public const ushort ExtentFreeDone = 0x1237;
    public const ushort Inode = 0x123B;
    public const ushort Buffer = 0x123C;
    public const ushort Quota = 0x123D;
    public const ushort QuotaOff = 0x123E;
    public const ushort InodeCreate = 0x123F;
    public const ushort MapIntent = 0x1244;
    public const ushort MapDone = 0x1245;
    public const ushort AttributeIntent = 0x1246;
    public const ushort AttributeDone = 0x1247;
    public const ushort ExchangeIntent = 0x1248;
    public const ushort ExchangeDone = 0x1249;
    public const ushort Last = 0x124F;
}
