using System.Globalization;

namespace VmProxy.Catalog;

/// <summary>What can be done for a catalog that cannot be opened any more.</summary>
public static class CatalogRescue
{
    static readonly string[] Companions = ["", "-wal", "-shm"];

    /// <summary>
    /// Reads the whole catalog, and moves it aside, with what SQLite keeps beside it, when it is damaged. Nothing is deleted. A file that is
    /// intact, or not there, stays as it is.
    /// </summary>
    /// <param name="path">The catalog's file.</param>
    /// <param name="time">The clock that names what is moved.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Where the damaged file is now; null when it is not damaged.</returns>
    /// <exception cref="CatalogException">
    /// <see cref="CatalogErrorCodes.Newer"/>, <see cref="CatalogErrorCodes.Unavailable"/>, <see cref="CatalogErrorCodes.Busy"/>;
    /// <see cref="CatalogErrorCodes.Damaged"/> for the intact database of another program, which is let alone.
    /// </exception>
    public static async Task<string?> SetAsideDamagedAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        var file = Path.GetFullPath(path);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            await using var catalog = await CatalogDatabase.OpenAsync(file, time, cancellationToken).ConfigureAwait(false);
            if (await catalog.CheckAsync(cancellationToken).ConfigureAwait(false) == "ok")
            {
                return null;
            }
        }
        catch (CatalogException exception) when (exception is { Code: CatalogErrorCodes.Damaged, InnerException: not null })
        {
            // SQLite's own finding.
        }

        var aside = $"{file}.damaged-{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        try
        {
            foreach (var companion in Companions.Where(companion => File.Exists(file + companion)))
            {
                File.Move(file + companion, aside + companion, overwrite: false);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CatalogException(CatalogErrorCodes.Unavailable, file,
                $"Catalog '{file}' is damaged and cannot be moved to '{aside}': {exception.Message} Check the rights of its folder (VmProxy:Catalog:Path).", exception);
        }

        return aside;
    }
}
