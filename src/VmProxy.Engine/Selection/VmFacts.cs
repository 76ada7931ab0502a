namespace VmProxy.Engine.Selection;

/// <summary>What a selection may ask of a VM.</summary>
public sealed record VmFacts
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The folders above it in its datacenter, joined by <c>/</c>; empty at the top.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Its datacenter with the folders above that, joined by <c>/</c>; empty when not known.</summary>
    public string Datacenter { get; init; } = "";

    /// <summary>The cluster of its host; null for a host of its own.</summary>
    public string? Cluster { get; init; }

    /// <summary>Its tags as <c>Category/Tag</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Its custom attributes that have a value.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
}
