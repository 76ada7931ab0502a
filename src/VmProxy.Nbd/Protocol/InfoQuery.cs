namespace VmProxy.Nbd.Protocol;

/// <summary>The data of the options INFO and GO: an export, and what the client wants to know of it.</summary>
sealed record InfoQuery(string Export, IReadOnlySet<InfoKind> Wanted)
{
    /// <summary>Null when the data is malformed.</summary>
    public static InfoQuery? Parse(ReadOnlySpan<byte> data)
    {
        var reader = new OptionReader(data);
        if (!reader.TryReadString(out var export) || !reader.TryReadShort(out var count))
        {
            return null;
        }

        var wanted = new HashSet<InfoKind>();
        for (; count > 0; count--)
        {
            if (!reader.TryReadShort(out var kind))
            {
                return null;
            }

            wanted.Add((InfoKind)kind);
        }

        return reader.IsAtEnd ? new InfoQuery(export, wanted) : null;
    }
}
