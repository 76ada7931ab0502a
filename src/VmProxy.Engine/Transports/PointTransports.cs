using System.Text.Json;
using System.Text.Json.Serialization;
using VmProxy.Repository;

namespace VmProxy.Engine.Transports;

/// <summary>What is kept in a point of the transports of a disk, as a property of the disk.</summary>
static class PointTransports
{
    const string Property = "transports";

    /// <summary>The verdicts; empty for a point of a version that kept none.</summary>
    public static IReadOnlyList<DiskTransport> Of(PointDisk disk) =>
        disk.Properties.TryGetValue(Property, out var text) ? JsonSerializer.Deserialize(text, TransportsJson.Default.IReadOnlyListDiskTransport) ?? [] : [];

    public static KeyValuePair<string, string> ToProperty(IReadOnlyList<DiskTransport> transports) =>
        new(Property, JsonSerializer.Serialize(transports, TransportsJson.Default.IReadOnlyListDiskTransport));

    /// <summary>The verdicts as the point's reasons.</summary>
    public static IEnumerable<PointReason> Reasons(IEnumerable<DiskTransport> transports) => transports.SelectMany(transport =>
        transport.Reasons.Select(reason => new PointReason(reason.Code, $"{transport.Transport}: {reason.Text}"))
            .Concat(transport.Failure is { } failure ? [new PointReason(failure.Code, $"{transport.Transport}: {failure.Message}")] : []));
}

/// <summary>The JSON form of the verdicts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<DiskTransport>))]
sealed partial class TransportsJson : JsonSerializerContext;
