namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>A journal in memory that also keeps the order of what was written and what was done.</summary>
sealed class RecordingJournal : IChangeJournal
{
    readonly Lock _gate = new();
    readonly Dictionary<long, AttachIntent> _open = [];
    long _last;

    public List<string> Events { get; } = [];

    public Exception? AttachedFailure { get; set; }

    public IReadOnlyCollection<AttachIntent> Open
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Values];
            }
        }
    }

    public void Note(string what)
    {
        lock (_gate)
        {
            Events.Add(what);
        }
    }

    public Task<long> PlanAttachAsync(AttachIntent intent, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Events.Add("planned");
            _open.Add(++_last, intent);
            return Task.FromResult(_last);
        }
    }

    public Task AttachedAsync(long id, int deviceKey, CancellationToken cancellationToken)
    {
        Note($"attached {deviceKey}");
        return AttachedFailure is null ? Task.CompletedTask : Task.FromException(AttachedFailure);
    }

    public Task DetachedAsync(long id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Events.Add("detached");
            _open.Remove(id);
            return Task.CompletedTask;
        }
    }
}
