using System.Buffers.Binary;
using System.Numerics;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>
/// Writes a $LogFile as its documentation lays it out, since only Windows makes one that is open. It shares nothing with what reads it; ntfsrecover judges it.
/// </summary>
sealed class NtfsLogWriter
{
    public const int Page = 4096;

    readonly byte[] _log;
    readonly int _major;
    readonly int _first;
    readonly int _dataBits;
    ulong _turns;
    int _page;
    int _at;
    ulong _last;

    /// <summary>An empty log.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="major">1 for version 1.1, 2 for version 2.0.</param>
    /// <param name="pagesToEnd">How many pages before its end it begins; 0 for its first page.</param>
    public NtfsLogWriter(int length, int major = 1, int pagesToEnd = 0)
    {
        _log = new byte[length];
        _log.AsSpan().Fill(0xFF);
        (_major, _first, _turns) = (major, (major == 2 ? 34 : 4) * Page, 7);
        _dataBits = BitOperations.Log2((uint)length - 1) + 1 - 3;
        Begin(pagesToEnd == 0 ? _first : length - (pagesToEnd * Page));
    }

    /// <summary>Whether tables are those of a system of 32 bits.</summary>
    public bool Is32Bits { get; init; }

    /// <summary>The page that is written to.</summary>
    public int CurrentPage => _page;

    /// <summary>A change of an MFT record, which has one KiB.</summary>
    public ulong ChangeRecord(ulong record, ushort redo = 0x07, ushort undo = 0x07, int bytes = 16) =>
        Change(redo, undo, 0x18, (long)record / 4, (ushort)(record % 4 * 2), new byte[bytes]);

    /// <summary>A change, with as many bytes to do it again as to undo it.</summary>
    public ulong Change(ushort redo, ushort undo, ushort attribute, long cluster, ushort block, byte[] data, bool hasUndo = true)
    {
        var padded = (data.Length + 7) / 8 * 8;
        var bytes = new byte[0x28 + (padded * (hasUndo ? 2 : 1))];
        ushort[] head = [redo, undo, 0x28, (ushort)data.Length, (ushort)(0x28 + (hasUndo ? padded : 0)), (ushort)(hasUndo ? data.Length : 0), attribute, 0, 0, 0, block, 0];
        for (var i = 0; i < head.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 2), head[i]);
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x18), cluster);
        data.CopyTo(bytes, 0x28);
        return Append(bytes, type: 1, transaction: 0x18);
    }

    /// <summary>An attribute is opened.</summary>
    public ulong Open(ushort attribute, ulong file, uint type) => Change(0x1C, 0, attribute, 0, 0, Attribute(file, type), hasUndo: false);

    /// <summary>A checkpoint with its tables; those that are not given are left out.</summary>
    public ulong Checkpoint(
        IReadOnlyList<(ulong File, uint Type)?>? attributes = null, IReadOnlyList<ulong>? dirtyPages = null, IReadOnlyList<ulong>? transactions = null, ulong start = 0)
    {
        var area = new byte[0x70];
        BinaryPrimitives.WriteUInt32LittleEndian(area, Is32Bits ? 0u : 1u);
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(0x08), start);
        Table(area, 0x10, 0x30, 0x1D, attributes?.Select(attribute => attribute is var (file, type) ? Attribute(file, type) : new byte[Attribute(0, 0).Length]));
        Table(area, 0x20, 0x38, 0x1F, dirtyPages?.Select(lsn => Entry(Is32Bits ? 0x2C : 0x28, Is32Bits ? 0x1C : 0x18, lsn)));
        Table(area, 0x28, 0x3C, 0x20, transactions?.Select(lsn => Entry(0x28, 0x08, lsn)));
        return Append(area, type: 2, transaction: 0);
    }

    /// <summary>Any record.</summary>
    public ulong Append(ReadOnlySpan<byte> data, uint type, uint transaction)
    {
        if (_at > Page - 0x30)
        {
            NextPage();
        }

        var lsn = (_turns << _dataBits) + (ulong)((_page + _at) / 8);
        var head = _log.AsSpan(_page + _at, 0x30);
        head.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(head, lsn);
        BinaryPrimitives.WriteUInt64LittleEndian(head[0x08..], _last);
        BinaryPrimitives.WriteInt32LittleEndian(head[0x18..], data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[0x20..], type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[0x24..], transaction);
        BinaryPrimitives.WriteUInt16LittleEndian(head[0x28..], (ushort)(data.Length > Page - _at - 0x30 ? 1 : 0));
        _at += 0x30;
        while (true)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_log.AsSpan(_page + 0x08), lsn);
            var part = Math.Min(data.Length, Page - _at);
            data[..part].CopyTo(_log.AsSpan(_page + _at));
            data = data[part..];
            _at += part;
            if (data.IsEmpty)
            {
                break;
            }

            NextPage();
        }

        _at = (_at + 7) / 8 * 8;
        _log[_page + 0x10] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(_log.AsSpan(_page + 0x18), (ushort)_at);
        BinaryPrimitives.WriteUInt64LittleEndian(_log.AsSpan(_page + 0x20), lsn);
        return _last = lsn;
    }

    /// <summary>Writes the current page as a copy at the head of the file, and what is given in its place.</summary>
    public void CopyPage(int copy, byte[] inPlace)
    {
        var target = _log.AsSpan((2 + copy) * Page, Page);
        _log.AsSpan(_page, Page).CopyTo(target);
        BinaryPrimitives.WriteInt32LittleEndian(target[(_major == 2 ? 0x3C : 0x08)..], _page);
        if (_major == 1)
        {
            target.Slice(0x0C, 4).Clear();
        }

        inPlace.CopyTo(_log, _page);
    }

    /// <summary>The page as it is now.</summary>
    public byte[] Snapshot(int page) => _log.AsSpan(page, Page).ToArray();

    /// <summary>The log with both restart pages.</summary>
    /// <param name="oldest">The oldest record that is needed.</param>
    /// <param name="checkpoint">The record of the checkpoint.</param>
    /// <param name="isClosed">Whether nothing is open.</param>
    public byte[] Build(ulong oldest, ulong checkpoint, bool isClosed = false)
    {
        var log = (byte[])_log.Clone();
        // Of both, the second is the newer one.
        Restart(log.AsSpan(0, Page), checkpoint, oldest, checkpoint, isClosed);
        Restart(log.AsSpan(Page, Page), _last, oldest, checkpoint, isClosed);
        for (var page = 0; page < log.Length; page += Page)
        {
            Protect(log.AsSpan(page, Page));
        }

        return log;
    }

    void Restart(Span<byte> page, ulong current, ulong oldest, ulong checkpoint, bool isClosed)
    {
        page.Clear();
        "RSTR"u8.CopyTo(page);
        page[0x04] = 0x1E;
        page[0x06] = (Page / 512) + 1;
        BinaryPrimitives.WriteInt32LittleEndian(page[0x10..], Page);
        BinaryPrimitives.WriteInt32LittleEndian(page[0x14..], Page);
        page[0x18] = 0x30;
        page[0x1A] = (byte)(_major == 1 ? 1 : 0);
        page[0x1C] = (byte)_major;
        var area = page[0x30..];
        BinaryPrimitives.WriteUInt64LittleEndian(area, current);
        area[0x08] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(area[0x0A..], 0xFFFF);
        BinaryPrimitives.WriteUInt16LittleEndian(area[0x0C..], (ushort)(isClosed ? 0xFFFF : 0));
        BinaryPrimitives.WriteInt32LittleEndian(area[0x10..], 64 - _dataBits);
        BinaryPrimitives.WriteUInt16LittleEndian(area[0x14..], 0xE0);
        area[0x16] = 0x40;
        BinaryPrimitives.WriteInt64LittleEndian(area[0x18..], _log.Length);
        area[0x24] = 0x30;
        area[0x26] = 0x40;
        var client = area[0x40..];
        BinaryPrimitives.WriteUInt64LittleEndian(client, oldest);
        BinaryPrimitives.WriteUInt64LittleEndian(client[0x08..], checkpoint);
        client[0x10..0x14].Fill(0xFF);
        client[0x1C] = 8;
        "N\0T\0F\0S\0"u8.CopyTo(client[0x20..]);
    }

    static void Protect(Span<byte> page)
    {
        if (page[0] != 'R')
        {
            return;
        }

        var array = page[page[4]..];
        BinaryPrimitives.WriteUInt16LittleEndian(array, 9);
        for (var sector = 1; sector <= Page / 512; sector++)
        {
            var end = page.Slice((sector * 512) - 2, 2);
            end.CopyTo(array[(sector * 2)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(end, 9);
        }
    }

    void Begin(int page)
    {
        (_page, _at) = (page, 0x40);
        var bytes = _log.AsSpan(page, Page);
        bytes.Clear();
        "RCRD"u8.CopyTo(bytes);
        bytes[0x04] = 0x28;
        bytes[0x06] = (Page / 512) + 1;
        bytes[0x14] = bytes[0x16] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[0x20..], _last);
    }

    void NextPage()
    {
        var isEnd = _page + Page == _log.Length;
        _turns += isEnd ? 1UL : 0;
        Begin(isEnd ? _first : _page + Page);
    }

    void Table(byte[] area, int at, int lengthAt, ushort operation, IEnumerable<byte[]>? entries)
    {
        if (entries?.ToList() is { } rows)
        {
            var table = new byte[0x18 + rows.Sum(row => row.Length)];
            BinaryPrimitives.WriteUInt16LittleEndian(table, (ushort)rows.Select(row => row.Length).FirstOrDefault(0x28));
            BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(2), (ushort)rows.Count);
            BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(4), (ushort)rows.Count(row => row[0] == 0xFF));
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(0x0C), uint.MaxValue);
            rows.SelectMany(row => row).ToArray().CopyTo(table, 0x18);
            BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(at), Change(operation, 0, 0, 0, 0, table, hasUndo: false));
            BinaryPrimitives.WriteInt32LittleEndian(area.AsSpan(lengthAt), table.Length);
        }
    }

    byte[] Attribute(ulong file, uint type)
    {
        var entry = Entry(Is32Bits ? 0x2C : 0x28, Is32Bits ? 0x08 : 0x10, file);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(Is32Bits ? 0x1C : 0x08), type);
        return entry;
    }

    static byte[] Entry(int length, int at, ulong value)
    {
        var entry = new byte[length];
        entry.AsSpan(0, 4).Fill(0xFF);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(at), value);
        return entry;
    }
}
