namespace VmProxy.Lab.Model;

/// <summary>A task as TaskInfo tells it. Changed only under the inventory's lock.</summary>
internal sealed class LabTask
{
    public required string Id { get; init; }

    /// <summary>The operation, as "CreateSnapshot_Task".</summary>
    public required string Operation { get; init; }

    public required LabVm? Vm { get; init; }

    public required string User { get; init; }

    public required DateTimeOffset Queued { get; init; }

    public DateTimeOffset? Started { get; set; }

    public DateTimeOffset? Completed { get; set; }

    public string State { get; set; } = "queued";

    public bool Cancelled { get; set; }

    public LabFault? Error { get; set; }

    public object? Result { get; set; }

    public CancellationTokenSource Cancellation { get; } = new();
}
