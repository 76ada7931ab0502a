namespace VmProxy.Vim25.Tests;

/// <summary>Compares objects field by field; gives the path of the first difference, or null.</summary>
internal static class Same
{
    public static string? Difference(object? one, object? other, string path = "") => (one, other) switch
    {
        (null, null) => null,
        (DataObject a, DataObject b) when a.GetType() == b.GetType() => a.GetType().GetProperties()
            .Where(property => property.Name is not (nameof(DataObject.Raw)))
            .Select(property => Difference(property.GetValue(a), property.GetValue(b), $"{path}.{property.Name}"))
            .FirstOrDefault(difference => difference is not null),
        (VimArray a, VimArray b) when a.ElementTypeName == b.ElementTypeName => Difference(a.Items, b.Items, path),
        (string a, string b) => a == b ? null : $"{path}: '{a}' and '{b}'",
        (System.Collections.IEnumerable a, System.Collections.IEnumerable b) => Lists([.. a.Cast<object>()], [.. b.Cast<object>()], path),
        _ => Equals(one, other) ? null : $"{path}: '{one}' and '{other}'",
    };

    private static string? Lists(object[] one, object[] other, string path) => one.Length != other.Length
        ? $"{path}: {one.Length} and {other.Length} items"
        : one.Select((item, at) => Difference(item, other[at], $"{path}[{at}]")).FirstOrDefault(difference => difference is not null);
}
