using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>A kind of work that the service does by itself.</summary>
interface IServiceWork
{
    /// <summary>The kind (<see cref="WorkKey.Kind"/>).</summary>
    string Kind { get; }

    /// <summary>Does it. Expected failures are told by the work itself; what comes out is the runner's to log.</summary>
    Task RunAsync(WorkKey key, CancellationToken cancellationToken);
}
