namespace VmProxy.Engine.Sessions;

/// <summary>
/// The moments of a run at which a crash matters: just before and just after each journalled change and the commit. A run passes through
/// them in order; a test holds a run still at one of them, which is all that a crash is to the outside.
/// </summary>
interface ICheckpoints
{
    /// <summary>The run has come to this moment.</summary>
    /// <param name="moment">Such as <c>snapshot.planned</c>.</param>
    ValueTask ReachedAsync(string moment);
}

/// <summary>A run that nobody holds up.</summary>
sealed class NoCheckpoints : ICheckpoints
{
    public ValueTask ReachedAsync(string moment) => ValueTask.CompletedTask;
}
