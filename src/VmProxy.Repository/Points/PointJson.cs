using System.Text.Json.Serialization;

namespace VmProxy.Repository.Points;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RestorePoint))]
internal sealed partial class PointJson : JsonSerializerContext;
