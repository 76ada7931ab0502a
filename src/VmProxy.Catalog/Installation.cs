using System.Security.Cryptography;
using Dapper;

namespace VmProxy.Catalog;

/// <summary>One installation of VmProxy: made with the catalog, never changed.</summary>
public sealed class Installation
{
    internal Installation(string id, byte[] markSecret, DateTimeOffset createdAt)
    {
        Id = id;
        CreatedAt = createdAt;
        Mark = new OwnershipMark(id, markSecret);
    }

    /// <summary>Random and unique, lower-case hexadecimal.</summary>
    public string Id { get; }

    /// <summary>When the catalog was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Marks and recognises our snapshots, with a random key that never leaves the catalog.</summary>
    public OwnershipMark Mark { get; }

    internal static Task<Installation> LoadAsync(CatalogFile file, TimeProvider time, CancellationToken cancellationToken) =>
        file.WriteAsync("opening", async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "INSERT INTO installation (only_row, id, mark_secret, created_at) VALUES (1, @Id, @Secret, @CreatedAt) ON CONFLICT DO NOTHING",
                new
                {
                    Id = RandomNumberGenerator.GetHexString(16, lowercase: true),
                    Secret = RandomNumberGenerator.GetBytes(32),
                    CreatedAt = UtcText.From(time.GetUtcNow()),
                },
                transaction).ConfigureAwait(false);
            var row = await connection.QuerySingleAsync<Row>(
                "SELECT id AS Id, mark_secret AS Secret, created_at AS CreatedAt FROM installation", transaction: transaction).ConfigureAwait(false);
            return new Installation(row.Id, row.Secret, UtcText.Parse(row.CreatedAt));
        }, cancellationToken);

    sealed class Row
    {
        public required string Id { get; init; }
        public required byte[] Secret { get; init; }
        public required string CreatedAt { get; init; }
    }
}
