using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>A snapshot of ours while it exists, and until it is merged. Its token ends the backup when the guard gives it up.</summary>
sealed class WatchedSnapshot : IDisposable
{
    /// <summary>What the guard does with it, in messages.</summary>
    public const string Step = "watch free space";

    readonly CancellationTokenSource _cancel;
    readonly Action<WatchedSnapshot> _forget;
    readonly Lock _gate = new();
    Failure? _givenUp;
    volatile bool _leaving;
    volatile IReadOnlyDictionary<ObjectId, long> _merge;
    (DateTimeOffset Since, int Times, string Reason)? _blind;

    public WatchedSnapshot(
        VirtualMachine vm, ObjectId snapshot, long entry, IReadOnlyDictionary<ObjectId, long> planned, DateTimeOffset made, Action<WatchedSnapshot> forget,
        CancellationToken cancellationToken)
    {
        (Vm, Snapshot, Entry, Made, _merge, _forget) = (vm, snapshot, entry, made, planned, forget);
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _cancel.Token;
    }

    public VirtualMachine Vm { get; }

    public ObjectId Snapshot { get; }

    /// <summary>The snapshot's entry in the journal.</summary>
    public long Entry { get; }

    /// <summary>What merging it takes on each datastore: as reckoned before it was made, then as measured last.</summary>
    public IReadOnlyDictionary<ObjectId, long> Merge
    {
        get => _merge;
        set => _merge = value;
    }

    public DateTimeOffset Made { get; }

    /// <summary>Cancelled by the caller, or when the backup is given up.</summary>
    public CancellationToken Token { get; }

    /// <summary>Why the backup was given up; null while it goes on.</summary>
    public Failure? GivenUp => Volatile.Read(ref _givenUp);

    /// <summary>Whether a backup goes on that could be given up. If not, the snapshot still takes room until it is merged.</summary>
    public bool IsRead => GivenUp is null && !_leaving;

    /// <summary>That free space could not be watched for a while, for the result; null when it could.</summary>
    public Failure? Blind
    {
        get
        {
            lock (_gate)
            {
                return _blind is not { } blind ? null : new Failure(
                    GuardCodes.WatchFailed, Vm.Name, Step,
                    $"From {blind.Since:u} on, {blind.Times} looks at its datastores failed, the last one with: {blind.Reason}",
                    "The snapshot was made with room enough. Check that vCenter can be reached and refreshes its datastores.");
            }
        }
    }

    /// <summary>Whether an exception only tells that the work was given up, for the reason in <see cref="GivenUp"/>.</summary>
    public bool Explains(Exception exception) => GivenUp is not null && (exception is OperationCanceledException || Expected.Failure(exception, Vm.Name, Step) is not null);

    /// <summary>Ends the backup for this reason, unless it was ended before.</summary>
    public async Task GiveUpAsync(Failure why)
    {
        if (Interlocked.CompareExchange(ref _givenUp, why, null) is null)
        {
            await _cancel.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The snapshot is about to be removed.</summary>
    public void Leave() => _leaving = true;

    public void NoteBlind(DateTimeOffset now, string reason)
    {
        lock (_gate)
        {
            _blind = (_blind?.Since ?? now, (_blind?.Times ?? 0) + 1, reason);
        }
    }

    public void Dispose()
    {
        // Not the source itself: the watch may be about to cancel it.
        _forget(this);
    }
}
