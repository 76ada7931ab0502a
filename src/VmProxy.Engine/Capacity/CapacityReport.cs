using System.Text.Json.Serialization;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Capacity;

/// <summary>How full the datastores are, how they got there, and when they will be full.</summary>
/// <param name="Taken">When it was read, UTC.</param>
/// <param name="Datastores">One row a datastore, fullest first.</param>
public sealed record CapacityReport(DateTimeOffset Taken, IReadOnlyList<DatastoreCapacity> Datastores)
{
    /// <summary>What could not be read, such as a vCenter that is away. The datastores are those of the others.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];

    /// <summary>The vCenters that were read, by name: of the datastores of others nothing is known.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> Vcenters { get; init; } = [];
}
