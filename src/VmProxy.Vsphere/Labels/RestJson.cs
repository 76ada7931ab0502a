using System.Text.Json.Serialization;

namespace VmProxy.Vsphere;

/// <summary>What every answer under <c>/rest</c> is wrapped in.</summary>
sealed record RestValue<T>(T? Value);

/// <summary>A tag or a category: both have a name.</summary>
sealed record TagDocument(string Id, string Name)
{
    public string CategoryId { get; init; } = "";
}

/// <summary>Which objects bear these tags?</summary>
sealed record TagsQuestion(IReadOnlyList<string> TagIds);

/// <summary>The objects that bear a tag.</summary>
sealed record TaggedObjects(string TagId, IReadOnlyList<TaggedObject>? ObjectIds);

/// <summary>A reference to a managed object, as REST writes it.</summary>
sealed record TaggedObject(string Type, string Id);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RestValue<string>))]
[JsonSerializable(typeof(RestValue<IReadOnlyList<string>>))]
[JsonSerializable(typeof(RestValue<TagDocument>))]
[JsonSerializable(typeof(RestValue<IReadOnlyList<TaggedObjects>>))]
[JsonSerializable(typeof(TagsQuestion))]
sealed partial class RestJson : JsonSerializerContext;
