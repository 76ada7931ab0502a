namespace VmProxy.GuestFiles;

/// <summary>Repeats what lies behind.</summary>
static class Matches
{
    /// <summary>Copies bytes that lie <paramref name="distance"/> before a place to it; the two may overlap, which repeats them.</summary>
    /// <returns>False when either lies outside.</returns>
    public static bool TryCopy(Span<byte> bytes, int at, int distance, int length)
    {
        if (distance <= 0 || distance > at || length > bytes.Length - at)
        {
            return false;
        }

        if (distance >= length)
        {
            bytes.Slice(at - distance, length).CopyTo(bytes[at..]);
            return true;
        }

        for (var i = at; i < at + length; i++)
        {
            bytes[i] = bytes[i - distance];
        }

        return true;
    }
}
