namespace VmProxy.Vim25;

/// <summary>A value of an enumeration where anything may stand, so its type has to be kept.</summary>
/// <param name="TypeName">The enumeration, or an unknown simple type.</param>
/// <param name="Value">The text; a newer server may send values that the schema does not list.</param>
public sealed record VimEnumValue(string TypeName, string Value)
{
    /// <summary>The value, or null for null.</summary>
    public static VimEnumValue? From(string typeName, string? value) => value is null ? null : new(typeName, value);

    /// <summary>Values of one enumeration as an array.</summary>
    public static VimArray FromAll(string typeName, IReadOnlyList<string> values) =>
        new(typeName, [.. values.Select(value => new VimEnumValue(typeName, value))]);

    /// <summary>The text alone.</summary>
    public override string ToString() => Value;
}
