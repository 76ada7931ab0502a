using Microsoft.Data.Sqlite;

namespace VmProxy.Catalog;

/// <summary>An expected failure of the catalog: it names the object, the step and what to do next.</summary>
public sealed class CatalogException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="CatalogErrorCodes"/>.</param>
    /// <param name="subject">The catalog file, run or journal entry.</param>
    /// <param name="message">What went wrong, naming the object and the step, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    public CatalogException(string code, string subject, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Subject = subject;
    }

    /// <summary>A stable code, one of <see cref="CatalogErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The catalog file, run or journal entry that failed.</summary>
    public string Subject { get; }

    internal static CatalogException Damaged(string path, string finding, Exception? cause = null) => new(
        CatalogErrorCodes.Damaged,
        path,
        $"Catalog '{path}': {finding}. Run 'vmproxy catalog rebuild': it moves the file aside and fills a new one from the repositories. Restore points " +
        "are not affected; the journal of changes in vCenter is lost with the file, so run 'vmproxy janitor' afterwards, which knows snapshots of ours by " +
        "their mark and names disks that are left attached.",
        cause);

    /// <summary>The catalog's words for a failure of SQLite (result codes of sqlite.org/rescode.html), or null for a bug of ours.</summary>
    internal static CatalogException? From(SqliteException exception, string path, string step) => exception.SqliteErrorCode switch
    {
        11 or 26 => Damaged(path, $"{step} failed because the file is not a database or is damaged ({exception.Message})", exception),
        5 or 6 => new(CatalogErrorCodes.Busy, path,
            $"Catalog '{path}': {step} waited too long for another process that holds the catalog. Run again, or end the other vmproxy.", exception),
        13 => new(CatalogErrorCodes.NoSpace, path,
            $"Catalog '{path}': {step} found no room left. Free space on its file system, or move it (VmProxy:Catalog:Path).", exception),
        3 or 8 or 10 or 14 => new(CatalogErrorCodes.Unavailable, path,
            $"Catalog '{path}': {step} failed ({exception.Message}). Check that the folder exists, is writable and is not on a network share " +
            "(VmProxy:Catalog:Path).", exception),
        _ => null,
    };
}
