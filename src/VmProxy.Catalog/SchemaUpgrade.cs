using System.Globalization;
using System.Reflection;
using Dapper;

namespace VmProxy.Catalog;

/// <summary>Brings a catalog to the newest schema. Scripts are numbered; the file's user_version is the last one that it has seen.</summary>
static class SchemaUpgrade
{
    // "VmPx": tells a catalog from any other SQLite file (PRAGMA application_id).
    const int ApplicationId = 0x566D5078;

    static readonly (int Number, string Resource)[] Scripts =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name))
            .OrderBy(script => script.Item1),
    ];

    public static int Newest => Scripts[^1].Number;

    public static async Task RunAsync(CatalogFile file, CancellationToken cancellationToken)
    {
        await file.ReadAsync("opening", connection => connection.ExecuteScalarAsync<string>("PRAGMA journal_mode = WAL"), cancellationToken)
            .ConfigureAwait(false);
        // Two processes may start on the same new file: the immediate transaction makes one of them wait and then find the work done.
        await file.WriteAsync("opening", async (connection, transaction) =>
        {
            var version = await connection.ExecuteScalarAsync<int>("PRAGMA user_version", transaction: transaction).ConfigureAwait(false);
            var application = await connection.ExecuteScalarAsync<int>("PRAGMA application_id", transaction: transaction).ConfigureAwait(false);
            var tables = await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM sqlite_schema", transaction: transaction).ConfigureAwait(false);
            if (application != ApplicationId && (application != 0 || version != 0 || tables != 0))
            {
                throw CatalogException.Damaged(file.Path, "the file is a database of another program");
            }

            if (version > Newest)
            {
                throw new CatalogException(CatalogErrorCodes.Newer, file.Path,
                    $"Catalog '{file.Path}' has schema {version}; this vmproxy knows {Newest}. Use the vmproxy that wrote it or a later one.");
            }

            foreach (var (number, resource) in Scripts.Where(script => script.Number > version))
            {
                await connection.ExecuteAsync(ReadScript(resource), transaction: transaction).ConfigureAwait(false);
                await connection.ExecuteAsync(
                    $"PRAGMA user_version = {number}; PRAGMA application_id = {ApplicationId};", transaction: transaction).ConfigureAwait(false);
            }

            return version;
        }, cancellationToken).ConfigureAwait(false);
    }

    static string ReadScript(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
