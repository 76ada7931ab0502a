namespace VmProxy.Engine.Commands;

/// <summary>What a command of a job did.</summary>
public sealed record CommandReport
{
    /// <summary><c>freeze</c>, <c>thaw</c>, <c>before-vm</c>, <c>after-vm</c>, <c>before-job</c> or <c>after-job</c>.</summary>
    public required string Step { get; init; }

    /// <summary>The program, without its arguments.</summary>
    public required string Program { get; init; }

    /// <summary>Its exit code; null when it was not started, or was stopped.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it was not started or was stopped; null when it ended by itself.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether it ran at all.</summary>
    public bool Started { get; init; } = true;

    /// <summary>How long it ran.</summary>
    public long Milliseconds { get; init; }

    /// <summary>What it wrote to stdout and stderr: the last 16 KiB.</summary>
    public string Output { get; init; } = "";

    /// <summary>Whether it did what it should.</summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>What went wrong, in words.</summary>
    internal string Why => Problem ?? $"it ended with exit code {ExitCode}{(LastLine is { } line ? $": {line}" : "")}";

    string? LastLine => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
}
