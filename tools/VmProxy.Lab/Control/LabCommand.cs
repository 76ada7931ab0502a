namespace VmProxy.Lab.Control;

/// <summary>The body of a control request: each command uses the members that it needs.</summary>
internal sealed record LabCommand
{
    public string Vm { get; init; } = "";

    /// <summary>By number, from 0, or by device key.</summary>
    public int Disk { get; init; }

    public long Offset { get; init; }

    public long Length { get; init; }

    public int Seed { get; init; }

    /// <summary>debugfs commands, one a line.</summary>
    public string Commands { get; init; } = "";

    /// <summary>A fault or a snapshot.</summary>
    public string Name { get; init; } = "";

    public string? Host { get; init; }

    public string? Datastore { get; init; }

    public int Count { get; init; } = 1;

    public int Skip { get; init; }

    public bool Enabled { get; init; }
}
