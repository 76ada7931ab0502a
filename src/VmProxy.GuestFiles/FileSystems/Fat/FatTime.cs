using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Moments as FAT and exFAT write them: a date of 16 bits (years from 1980), a time of 16 bits (units of two seconds), and up to 199 units of 10 ms. FAT tells no time zone; its local
/// time is given as if it were UTC.
/// </summary>
static class FatTime
{
    /// <summary>A moment, or null where there is none or it cannot be one.</summary>
    public static GuestTime? Read(ReadOnlySpan<byte> date, ReadOnlySpan<byte> time, byte hundredths) =>
        Make(BinaryPrimitives.ReadUInt16LittleEndian(date), BinaryPrimitives.ReadUInt16LittleEndian(time), hundredths);

    /// <summary>Midnight of a date, or null.</summary>
    public static GuestTime? ReadDate(ReadOnlySpan<byte> date) => Make(BinaryPrimitives.ReadUInt16LittleEndian(date), 0, 0);

    /// <summary>A moment, or null where there is none or it cannot be one.</summary>
    public static GuestTime? Make(int date, int time, byte hundredths)
    {
        var (year, month, day) = (1980 + (date >> 9), (date >> 5) & 15, date & 31);
        var (hour, minute, second) = (time >> 11, (time >> 5) & 63, (time & 31) * 2);
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return null;
        }

        var more = Math.Min(hundredths, (byte)199);
        var whole = new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).ToUnixTimeSeconds();
        return new GuestTime(whole + (more / 100), more % 100 * 10_000_000);
    }
}
