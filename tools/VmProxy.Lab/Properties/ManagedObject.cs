using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>An object that clients refer to and whose properties the property collector reads.</summary>
internal abstract class ManagedObject(string type, string id)
{
    public string Type => type;

    public string Id => id;

    public ManagedObjectReference Reference { get; } = new(type, id);

    /// <summary>A property's value in the form of an anyType; null when it is unset. Called under the inventory's lock.</summary>
    public abstract object? Get(string property);

    protected static VimArray References(string type, IEnumerable<string> ids) =>
        new("ManagedObjectReference", [.. ids.Select(id => new ManagedObjectReference(type, id))]);

    protected static VimArray References(IEnumerable<ManagedObjectReference> references) => new("ManagedObjectReference", [.. references]);

    protected static VimArray Strings(params IEnumerable<string> texts) => new("string", [.. texts]);

    protected static VimEnumValue Status(string value = "green") => new("ManagedEntityStatus", value);
}
