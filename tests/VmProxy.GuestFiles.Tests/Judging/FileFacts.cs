namespace VmProxy.GuestFiles.Tests.Judging;

/// <summary>What one judge says of one file. Null means that the judge does not know; such a fact is not compared.</summary>
sealed record FileFacts(string Path, GuestEntryKind Kind)
{
    public ulong? Id { get; init; }

    public long? Size { get; init; }

    public GuestTime? Modified { get; init; }

    public GuestTime? Accessed { get; init; }

    public GuestTime? Changed { get; init; }

    public int? Mode { get; init; }

    public uint? Owner { get; init; }

    public uint? Group { get; init; }

    public int? Links { get; init; }

    public string? Target { get; init; }

    public (uint Major, uint Minor)? Device { get; init; }

    /// <summary>SHA-256 of the content, hexadecimal, lower case.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Extended attributes, values hexadecimal, lower case.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>The differences to another's view in words; empty for none.</summary>
    public IEnumerable<string> DifferencesTo(FileFacts other)
    {
        var pairs = new (string Fact, object? Mine, object? Other)[]
        {
            ("kind", Kind, other.Kind), ("id", Id, other.Id), ("size", Size, other.Size), ("modified", Modified, other.Modified),
            ("accessed", Accessed, other.Accessed), ("changed", Changed, other.Changed), ("mode", Mode, other.Mode), ("owner", Owner, other.Owner),
            ("group", Group, other.Group), ("links", Links, other.Links), ("target", Target, other.Target), ("device", Device, other.Device),
            ("content", Sha256, other.Sha256), ("attributes", Text(Attributes), Text(other.Attributes)),
        };
        return pairs
            .Where(pair => pair.Mine is not null && pair.Other is not null && !pair.Mine.Equals(pair.Other))
            .Select(pair => $"{Path}: {pair.Fact} is {pair.Mine}, expected {pair.Other}");
    }

    static string? Text(IReadOnlyDictionary<string, string>? attributes) =>
        attributes is null ? null
            : string.Join(", ", attributes.OrderBy(attribute => attribute.Key, StringComparer.Ordinal).Select(attribute => $"{attribute.Key}={attribute.Value}"));
}
