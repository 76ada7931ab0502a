namespace VmProxy.Catalog;

/// <summary>Enumerations as the catalog keeps them: their names in lower case.</summary>
static class EnumText
{
    public static string From<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    public static string? From<T>(T? value) where T : struct, Enum => value is { } present ? From(present) : null;

    public static T Parse<T>(string text) where T : struct, Enum => Enum.Parse<T>(text, ignoreCase: true);
}
