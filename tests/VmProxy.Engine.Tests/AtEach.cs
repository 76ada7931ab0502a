using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Tests;

/// <summary>Does something at each moment of a run.</summary>
sealed class AtEach(Func<string, Task> action) : ICheckpoints
{
    public async ValueTask ReachedAsync(string moment) => await action(moment);
}
