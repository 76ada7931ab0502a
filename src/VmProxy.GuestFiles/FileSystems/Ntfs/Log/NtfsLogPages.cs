using System.Buffers.Binary;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// The pages that hold the records of $LogFile, one at a time. A page that is still being filled is written to one of two copies at the head of the file first, so that it is not lost when it is torn
/// as it is written again: where a copy is newer than the page in its place, it counts.
/// </summary>
sealed class NtfsLogPages(IBlockDevice content, NtfsLogRestart restart)
{
    const int EndLsnAt = 0x20;
    const int PlaceAt = 0x3C;

    readonly Dictionary<long, byte[]> _copies = [];
    byte[] _page = new byte[restart.PageSize];
    byte[] _read = new byte[restart.PageSize];
    long _place = -1;

    /// <summary>The page that was read last, as long as no other is.</summary>
    public ReadOnlyMemory<byte> Bytes => _page;

    /// <summary>The last record that begins on it; 0 when it holds none that can be read.</summary>
    public ulong Lsn { get; private set; }

    /// <summary>Whether the page in its place was written in part only or is damaged; a copy may stand in.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Reads the copies.</summary>
    public async ValueTask ReadCopiesAsync(CancellationToken cancellationToken)
    {
        for (var at = restart.FirstCopy; at < restart.FirstPage; at += restart.PageSize)
        {
            var page = new byte[restart.PageSize];
            await content.ReadAsync(at, page, cancellationToken).ConfigureAwait(false);
            if (!IsSound(page))
            {
                continue;
            }

            // The older version keeps the place of a copy where other pages have their LSN.
            var place = restart.IsVersion2 ? BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(PlaceAt)) : BinaryPrimitives.ReadInt64LittleEndian(page.AsSpan(8));
            if (!restart.IsVersion2)
            {
                page.AsSpan(EndLsnAt, 8).CopyTo(page.AsSpan(8));
            }

            if (!_copies.TryGetValue(place, out var other) || LsnOf(page) > LsnOf(other))
            {
                _copies[place] = page;
            }
        }
    }

    /// <summary>Reads the page at an offset of the file.</summary>
    public async ValueTask ReadAsync(long place, CancellationToken cancellationToken)
    {
        if (place == _place)
        {
            return;
        }

        _place = -1;
        await content.ReadAsync(place, _read, cancellationToken).ConfigureAwait(false);
        var isBlank = _read.AsSpan(0, 4).IndexOfAnyExcept((byte)0xFF) < 0 || _read.AsSpan(0, 4).IndexOfAnyExcept((byte)0) < 0;
        var isSound = IsSound(_read);
        (IsTorn, Lsn) = (!isSound && !isBlank, isSound ? LsnOf(_read) : 0);
        if (_copies.TryGetValue(place, out var copy) && LsnOf(copy) > Lsn)
        {
            Lsn = LsnOf(copy);
            copy.CopyTo(_read, 0);
        }

        (_page, _read) = (_read, _page);
        _place = place;
    }

    static bool IsSound(byte[] page) => page.AsSpan().StartsWith("RCRD"u8) && NtfsFixups.TryApply(page);

    static ulong LsnOf(byte[] page) => BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(8));
}
