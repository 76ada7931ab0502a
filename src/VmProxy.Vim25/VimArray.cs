namespace VmProxy.Vim25;

/// <summary>A list where anything may stand: on the wire an element with xsi:type "ArrayOf" and the element type.</summary>
/// <param name="ElementTypeName">Schema type of the items, such as "VirtualDevice", "string" or "ManagedObjectReference".</param>
/// <param name="Items">The items, in the forms that an anyType takes.</param>
public sealed record VimArray(string ElementTypeName, IReadOnlyList<object> Items)
{
    /// <summary>The items that are of a type, in order.</summary>
    public IReadOnlyList<T> Of<T>() => [.. Items.OfType<T>()];

    /// <summary>A list of typed items as an array.</summary>
    public static VimArray From<T>(string elementTypeName, IReadOnlyList<T> items)
        where T : notnull =>
        new(elementTypeName, items as IReadOnlyList<object> ?? [.. items.Select(item => (object)item)]);
}
