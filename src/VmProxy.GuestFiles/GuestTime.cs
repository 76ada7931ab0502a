using System.Globalization;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>
/// A moment as a guest's file system keeps it, to the nanosecond and far beyond what <see cref="DateTimeOffset"/> holds. File systems without a time zone
/// (FAT) are taken as UTC.
/// </summary>
/// <param name="Seconds">Seconds since 1970-01-01 UTC; negative before.</param>
/// <param name="Nanoseconds">Nanoseconds within the second, 0 to 999,999,999; they count forward, also before 1970.</param>
public readonly record struct GuestTime(long Seconds, int Nanoseconds) : IComparable<GuestTime>
{
    const long TicksPerSecond = 10_000_000;
    const long NtEpochSeconds = 11_644_473_600;

    /// <summary>The moment of a count of 100 ns since 1601-01-01 UTC, the form of NTFS.</summary>
    public static GuestTime FromNtTime(long ticks)
    {
        var seconds = Math.DivRem(ticks, TicksPerSecond, out var rest);
        return rest < 0
            ? new GuestTime(seconds - 1 - NtEpochSeconds, (int)(rest + TicksPerSecond) * 100)
            : new GuestTime(seconds - NtEpochSeconds, (int)rest * 100);
    }

    /// <summary>The nearest moment that <see cref="DateTimeOffset"/> can hold; what lies below 100 ns is cut off.</summary>
    public DateTimeOffset ToDateTimeOffset()
    {
        var (least, most) = (DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return Seconds < least ? DateTimeOffset.MinValue
            : Seconds > most ? DateTimeOffset.MaxValue
            : DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanoseconds / 100);
    }

    /// <inheritdoc/>
    public int CompareTo(GuestTime other) => Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Characters of the text that <see cref="ToString"/> and <see cref="Format"/> give.</summary>
    public const int TextLength = 30;

    /// <summary>ISO 8601 in UTC with nanoseconds, such as 2026-11-25T03:00:00.000000001Z. Years that ISO 8601 writes with more than four digits are cut to the nearest.</summary>
    public override string ToString() => string.Create(TextLength, this, static (text, time) =>
    {
        Span<byte> bytes = stackalloc byte[TextLength];
        time.Format(bytes);
        Encoding.ASCII.GetChars(bytes, text);
    });

    /// <summary>The same text as ASCII, into at least <see cref="TextLength"/> bytes: listings have millions.</summary>
    public void Format(Span<byte> text)
    {
        (this with { Nanoseconds = 0 }).ToDateTimeOffset().UtcDateTime.TryFormat(text, out _, "s", CultureInfo.InvariantCulture);
        text[19] = (byte)'.';
        Nanoseconds.TryFormat(text[20..], out _, "D9", CultureInfo.InvariantCulture);
        text[29] = (byte)'Z';
    }

    /// <summary>Whether one moment lies before another.</summary>
    public static bool operator <(GuestTime left, GuestTime right) => left.CompareTo(right) < 0;

    /// <summary>Whether one moment lies after another.</summary>
    public static bool operator >(GuestTime left, GuestTime right) => left.CompareTo(right) > 0;

    /// <summary>Whether one moment does not lie after another.</summary>
    public static bool operator <=(GuestTime left, GuestTime right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one moment does not lie before another.</summary>
    public static bool operator >=(GuestTime left, GuestTime right) => left.CompareTo(right) >= 0;
}
