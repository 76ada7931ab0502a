namespace VmProxy.Nbd.Protocol;

/// <summary>The data of the options LIST_META_CONTEXT and SET_META_CONTEXT: an export, and names of contexts.</summary>
sealed record MetaContextQuery(string Export, IReadOnlyList<string> Queries)
{
    /// <summary>The only context that is served: which parts of an export are allocated, and which read as zeros.</summary>
    public const string Allocation = "base:allocation";

    /// <summary>What it is called in answers about it.</summary>
    public const uint AllocationId = 1;

    const string Namespace = "base:";

    /// <summary>Null when the data is malformed.</summary>
    public static MetaContextQuery? Parse(ReadOnlySpan<byte> data)
    {
        var reader = new OptionReader(data);
        if (!reader.TryReadString(out var export) || !reader.TryReadCount(out var count))
        {
            return null;
        }

        // A count cannot make us wait: each query takes at least four of the bytes that are there.
        var queries = new List<string>();
        for (; count > 0; count--)
        {
            if (!reader.TryReadString(out var query))
            {
                return null;
            }

            queries.Add(query);
        }

        return reader.IsAtEnd ? new MetaContextQuery(export, queries) : null;
    }

    /// <summary>Whether the context is to be used. A namespace alone does not ask for it.</summary>
    public bool Selects => Queries.Contains(Allocation);

    /// <summary>Whether the context is to be listed: no query, or its namespace, asks for it too.</summary>
    public bool Lists => Queries.Count == 0 || Queries.Contains(Namespace) || Selects;
}
