namespace VmProxy.Vsphere;

/// <summary>
/// The properties of one object as a property collector gave them. Any of them may be absent: the object has none, the user may not see it, or the
/// VM is orphaned.
/// </summary>
sealed class PropertySet
{
    readonly Dictionary<string, object?> _values;

    public PropertySet(Vim.ObjectContent content)
    {
        Id = content.Obj.ToId();
        _values = content.PropSet.ToDictionary(property => property.Name, property => property.Val, StringComparer.Ordinal);
        Warnings = [.. content.MissingSet.Select(missing => new InventoryWarning(
            Id,
            missing.Path,
            missing.Fault.Fault?.UnknownTypeName ?? missing.Fault.Fault?.TypeName ?? "",
            missing.Fault.LocalizedMessage ?? ""))];
    }

    public ObjectId Id { get; }

    public IReadOnlyList<InventoryWarning> Warnings { get; }

    public bool Has(string path) => _values.ContainsKey(path);

    /// <summary>A string or the text of an enumeration; null when absent.</summary>
    public string? Text(string path) => _values.GetValueOrDefault(path) switch
    {
        string text => text,
        Vim.VimEnumValue value => value.Value,
        _ => null,
    };

    /// <summary>A data object; null when absent or of another type.</summary>
    public T? Object<T>(string path) where T : Vim.DataObject => _values.GetValueOrDefault(path) as T;

    /// <summary>A boolean; null when absent.</summary>
    public bool? Flag(string path) => _values.GetValueOrDefault(path) as bool?;

    /// <summary>A reference to another object; null when absent.</summary>
    public ObjectId? Reference(string path) => (_values.GetValueOrDefault(path) as Vim.ManagedObjectReference)?.ToId();

    /// <summary>The items of a list; empty when absent.</summary>
    public IEnumerable<T> List<T>(string path) => (_values.GetValueOrDefault(path) as Vim.VimArray)?.Items.OfType<T>() ?? [];
}
