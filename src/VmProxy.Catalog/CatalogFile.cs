using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace VmProxy.Catalog;

/// <summary>
/// Opens connections to one catalog file and turns SQLite's failures into the catalog's. Every operation takes a connection of its own
/// from the pool, so that stores may be used from many threads.
/// </summary>
sealed class CatalogFile
{
    // A heartbeat of another process takes milliseconds; whoever holds the write lock this long is stuck.
    const int BusyMilliseconds = 10_000;

    // FULL syncs the write-ahead log at each commit: a journal entry must outlive a power cut before the change is made.
    static readonly string Pragmas = $"PRAGMA busy_timeout = {BusyMilliseconds}; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

    readonly string _connectionString;

    public CatalogFile(string path)
    {
        Path = path;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 30 }.ToString();
    }

    public string Path { get; }

    public Task<T> ReadAsync<T>(string step, Func<SqliteConnection, Task<T>> work, CancellationToken cancellationToken) =>
        GuardAsync(step, async () =>
        {
            await using var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return await work(connection).ConfigureAwait(false);
        });

    /// <summary>Runs the work in one immediate transaction: it is durable when this returns, and undone when the work throws.</summary>
    public Task<T> WriteAsync<T>(string step, Func<SqliteConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        GuardAsync(step, async () =>
        {
            await using var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            var result = await work(connection, transaction).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        });

    public Task<int> ExecuteAsync(string step, string sql, object parameters, CancellationToken cancellationToken) => WriteAsync(
        step,
        (connection, transaction) => connection.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellationToken)),
        cancellationToken);

    public Task<List<T>> QueryAsync<T>(string step, string sql, object parameters, CancellationToken cancellationToken) => ReadAsync(
        step,
        async connection => (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken))
            .ConfigureAwait(false)).AsList(),
        cancellationToken);

    public async Task<SqliteConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync(Pragmas).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the idle connections of this file.</summary>
    public void Close()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    public async Task<T> GuardAsync<T>(string step, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (SqliteException exception) when (CatalogException.From(exception, Path, step) is { } expected)
        {
            throw expected;
        }
    }
}
