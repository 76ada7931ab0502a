namespace VmProxy.GuestFiles;

/// <summary>A transaction whose commit is in the log.</summary>
/// <param name="Moment">When it began.</param>
/// <param name="Items">What it changed, in its order.</param>
sealed record XfsLogTransaction(ulong Moment, IReadOnlyList<XfsLogItem> Items);

/// <summary>
/// Puts transactions together from the operations of records. A transaction can begin in one record and be committed in a later one; many can be open at a time, and those that are never
/// committed never happened.
/// </summary>
sealed class XfsLogTransactions
{
    /// <summary>Bytes that open transactions may hold in memory.</summary>
    public const long MaxOpen = 256L << 20;

    /// <summary>What an open transaction and an item of it take beside their bytes: a log can have millions of empty ones.</summary>
    const int ObjectCost = 256;

    const int RegionCost = 64;
    const int HeaderSize = 12;
    const int TransactionHeaderSize = 16;
    const uint TransactionMagic = 0x5452414E;
    const int MaxRegions = 4096 + 16;

    const int Start = 0x01;
    const int Commit = 0x02;
    const int Continue = 0x04;
    const int WasContinued = 0x08;
    const int End = 0x10;
    const int Unmount = 0x20;

    readonly Dictionary<uint, Open> _open = [];
    long _size;

    /// <summary>Takes the operations of the next record and gives the transactions that it commits.</summary>
    /// <exception cref="GuestFileException">The operations cannot be right, or open transactions are too large.</exception>
    public List<XfsLogTransaction> Add(XfsLogRecord record, byte[] data)
    {
        var committed = new List<XfsLogTransaction>();
        var rest = data.AsSpan();
        for (var i = 0; i < record.Operations && !rest.IsEmpty; i++)
        {
            if (rest.Length < HeaderSize || ((ReadOnlySpan<byte>)rest).U32(4) > rest.Length - HeaderSize)
            {
                throw Damaged(record, $"has an operation {i} that has no room");
            }

            var id = ((ReadOnlySpan<byte>)rest).U32(0);
            var length = (int)((ReadOnlySpan<byte>)rest).U32(4);
            var flags = rest[9];
            Add(record, id, flags, rest.Slice(HeaderSize, length), committed);
            rest = rest[(HeaderSize + length)..];
        }

        return committed;
    }

    static GuestFileException Damaged(XfsLogRecord record, string defect) =>
        GuestFileException.Damaged("log", $"The log's record at sector {record.Sector} {defect}.");

    void Add(XfsLogRecord record, uint id, int flags, ReadOnlySpan<byte> bytes, List<XfsLogTransaction> committed)
    {
        if (!_open.TryGetValue(id, out var transaction))
        {
            // The rest of a transaction that began before the log's tail is of no interest.
            if ((flags & Start) != 0)
            {
                transaction = new Open(record.Moment);
                Hold(transaction, ObjectCost);
                _open.Add(id, transaction);
            }

            return;
        }

        flags &= ~End;
        if ((flags & WasContinued) != 0)
        {
            flags &= ~Continue;
        }

        switch (flags)
        {
            case Commit:
                Drop(id, transaction);
                committed.Add(transaction.Complete() ?? throw Damaged(record, "commits a transaction that is not complete"));
                break;
            case Unmount:
                Drop(id, transaction);
                break;
            case 0 or Continue or WasContinued:
                Hold(transaction, bytes.Length + (flags == WasContinued ? 0 : RegionCost) + (transaction.BeginsItem ? ObjectCost : 0));
                if ((flags == WasContinued ? transaction.Append(bytes) : transaction.Add(bytes)) is { } defect)
                {
                    throw Damaged(record, defect);
                }

                break;
            default:
                throw Damaged(record, $"has an operation with the flags {flags:x}");
        }
    }

    void Hold(Open transaction, int bytes)
    {
        transaction.Size += bytes;
        _size += bytes;
        if (_size > MaxOpen)
        {
            throw GuestFileException.Unsupported("log", $"The log has more than {MaxOpen} bytes of transactions that are open at a time.");
        }
    }

    void Drop(uint id, Open transaction)
    {
        _size -= transaction.Size;
        _open.Remove(id);
    }

    sealed class Open(ulong moment)
    {
        readonly List<XfsLogItem> _items = [];
        int _header;

        public long Size { get; set; }

        /// <summary>Whether the next region is the first of an item.</summary>
        public bool BeginsItem => _header != 0 && (_items.Count == 0 || _items[^1].IsComplete);

        /// <summary>A new region, or a new item.</summary>
        public string? Add(ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty)
            {
                return null;
            }

            if (_header == 0)
            {
                _header = bytes.Length;
                return bytes.Length is < 4 or > TransactionHeaderSize || bytes.Little32(0) != TransactionMagic ? "has a transaction without a head" : null;
            }

            if (BeginsItem)
            {
                var regions = bytes.Length < 4 ? 0 : bytes.Little16(2);
                if (regions is 0 or > MaxRegions)
                {
                    return $"has an item of {regions} regions";
                }

                _items.Add(new XfsLogItem(regions));
            }

            _items[^1].Add(bytes);
            return null;
        }

        /// <summary>More of the last region.</summary>
        public string? Append(ReadOnlySpan<byte> bytes)
        {
            if (_header < TransactionHeaderSize)
            {
                _header += bytes.Length;
                return _header > TransactionHeaderSize ? "has a transaction whose head is too long" : null;
            }

            if (_items.Count == 0)
            {
                return "goes on with an item that never began";
            }

            _items[^1].Append(bytes);
            return null;
        }

        public XfsLogTransaction? Complete() => _items.Count == 0 || _items[^1].IsComplete ? new XfsLogTransaction(moment, _items) : null;
    }
}
