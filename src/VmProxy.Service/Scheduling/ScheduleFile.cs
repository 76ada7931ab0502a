using Microsoft.Data.Sqlite;

namespace VmProxy.Service.Scheduling;

/// <summary>The file that Quartz keeps the schedule in. All of it but what was missed is in the configuration too, so a damaged one must not end the nights.</summary>
static class ScheduleFile
{
    // SQLITE_CORRUPT, SQLITE_NOTADB.
    const int Corrupt = 11;
    const int NoDatabase = 26;

    static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal"];

    public static string Of(string stateFolder) => Path.Combine(stateFolder, "schedule.db");

    /// <summary>Puts a damaged file aside. Where it is then; null when there is nothing wrong with it.</summary>
    public static async Task<string?> SetAsideIfDamagedAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) || !await IsDamagedAsync(path, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        // Connections that were open before lead to the file that goes.
        SqliteConnection.ClearAllPools();
        var aside = $"{path}.damaged";
        foreach (var suffix in Suffixes.Where(suffix => File.Exists(path + suffix)))
        {
            File.Move(path + suffix, aside + suffix, overwrite: true);
        }

        return aside;
    }

    static async Task<bool> IsDamagedAsync(string path, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        await using (connection.ConfigureAwait(false))
        {
            try
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var command = connection.CreateCommand();
                await using (command.ConfigureAwait(false))
                {
                    command.CommandText = "PRAGMA quick_check(1)";
                    return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not "ok";
                }
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode is Corrupt or NoDatabase)
            {
                return true;
            }
        }
    }
}
