namespace VmProxy.GuestFiles;

/// <summary>One thing that a transaction changed: what it is, and the bytes that go with it.</summary>
sealed class XfsLogItem(int regions)
{
    readonly List<byte[]> _regions = new(Math.Min(regions, 16));
    int _lastLength;

    /// <summary>Which thing; a number of <see cref="XfsLogItemType"/>.</summary>
    public ushort Type => Description.Little16(0);

    public bool IsComplete => _regions.Count == regions;

    public int Count => _regions.Count;

    public ReadOnlySpan<byte> Description => this[0];

    public ReadOnlySpan<byte> this[int region] => region == _regions.Count - 1 ? _regions[region].AsSpan(0, _lastLength) : _regions[region];

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_regions.Count > 0)
        {
            // What grew for more than came is given back.
            _regions[^1] = _regions[^1].Length == _lastLength ? _regions[^1] : _regions[^1][.._lastLength];
        }

        _regions.Add(bytes.ToArray());
        _lastLength = bytes.Length;
    }

    /// <summary>Goes on with the last region, which did not fit into a record. It grows by doubling: a log can bring it in pieces of any size.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var last = _regions[^1];
        if (last.Length - _lastLength < bytes.Length)
        {
            Array.Resize(ref last, Math.Max(_lastLength + bytes.Length, last.Length * 2));
            _regions[^1] = last;
        }

        bytes.CopyTo(last.AsSpan(_lastLength));
        _lastLength += bytes.Length;
    }
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
