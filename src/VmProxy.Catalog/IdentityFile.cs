using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmProxy.Catalog;

/// <summary>
/// The installation's identity and mark key, once more, beside the catalog. Were the catalog lost, the next one takes them from here: so snapshots
/// that the old one left are still proved to be ours.
/// </summary>
static class IdentityFile
{
    /// <summary>The file of a catalog.</summary>
    public static string Of(string catalog) => catalog + ".identity";

    /// <summary>The identity; null when there is none, or the file makes no sense.</summary>
    public static async Task<Identity?> ReadAsync(string catalog, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(Of(catalog));
            return await JsonSerializer.DeserializeAsync(file, IdentityJson.Default.Identity, cancellationToken).ConfigureAwait(false) is { IsSound: true } identity
                ? identity
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the identity for the owner of the file only, whole or not at all.</summary>
    /// <exception cref="CatalogException"><see cref="CatalogErrorCodes.Unavailable"/>.</exception>
    public static async Task WriteAsync(string catalog, Identity identity, CancellationToken cancellationToken)
    {
        var path = Of(catalog);
        // No process id: containers that share the folder have the same ones.
        var temporary = $"{path}.{Guid.NewGuid():n}";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var file = new FileStream(temporary, options))
            {
                await JsonSerializer.SerializeAsync(file, identity, IdentityJson.Default.Identity, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CatalogException(CatalogErrorCodes.Unavailable, path,
                $"The installation's identity cannot be kept in '{path}': {exception.Message} Check the path and its rights (VmProxy:Catalog:Path).", exception);
        }
    }
}

/// <summary>Who an installation is.</summary>
sealed record Identity(string Id, byte[] MarkSecret, DateTimeOffset CreatedAt)
{
    [JsonIgnore]
    public bool IsSound => Id is { Length: > 0 and <= 64 } && Id.All(char.IsAsciiLetterOrDigit) && MarkSecret is { Length: >= 16 };
}

/// <summary>The JSON form of <see cref="Identity"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Identity))]
sealed partial class IdentityJson : JsonSerializerContext;
