using System.Globalization;

namespace VmProxy.Engine.Configuration;

/// <summary>A number of bytes, written as a plain number or with a unit: <c>65536</c>, <c>64 KiB</c>, <c>10GB</c>.</summary>
/// <param name="Bytes">The number of bytes.</param>
public readonly record struct ByteSize(long Bytes)
{
    static readonly (string Unit, long Factor)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    /// <summary>Reads a size; the unit's case does not matter. False for anything else, a negative number or more than a long holds.</summary>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        var number = text?.Trim() ?? "";
        var factor = 1L;
        foreach (var unit in Units)
        {
            if (number.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase))
            {
                (number, factor) = (number[..^unit.Unit.Length].TrimEnd(), unit.Factor);
                break;
            }
        }

        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > long.MaxValue / factor)
        {
            return false;
        }

        var bytes = value * factor;
        size = new ByteSize((long)bytes);
        return bytes == size.Bytes;
    }

    /// <summary>The size in its largest exact binary unit.</summary>
    public override string ToString()
    {
        foreach (var (unit, factor) in Units.Take(4).Reverse())
        {
            if (Bytes >= factor && Bytes % factor == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{Bytes / factor} {unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Bytes} B");
    }
}
