using System.Globalization;

namespace VmProxy.Engine;

/// <summary>Sizes as people read them.</summary>
public static class Sizes
{
    static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>The size with one decimal in the largest binary unit that fits.</summary>
    public static string Text(long bytes)
    {
        var unit = 0;
        double value = bytes;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }
}
