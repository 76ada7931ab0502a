using System.Security.Cryptography;
using Dapper;

namespace VmProxy.Catalog;

/// <summary>One installation of VmProxy: made with the first catalog, never changed.</summary>
public sealed class Installation
{
    internal Installation(string id, byte[] markSecret, DateTimeOffset createdAt, bool remembered)
    {
        Id = id;
        Remembered = remembered;
        CreatedAt = createdAt;
        Mark = new OwnershipMark(id, markSecret);
    }

    /// <summary>Random and unique, lower-case hexadecimal.</summary>
    public string Id { get; }

    /// <summary>When the catalog was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Whether the file beside the catalog held it already: then a new catalog recognises the snapshots of the lost one.</summary>
    public bool Remembered { get; }

    /// <summary>Marks and recognises our snapshots, with a random key that never leaves the catalog and the identity file beside it.</summary>
    public OwnershipMark Mark { get; }

    /// <summary>The catalog's installation. A new catalog continues the one that its folder remembers.</summary>
    internal static async Task<Installation> LoadAsync(CatalogFile file, TimeProvider time, CancellationToken cancellationToken)
    {
        var remembered = await IdentityFile.ReadAsync(file.Path, cancellationToken).ConfigureAwait(false);
        var identity = await file.WriteAsync("opening", async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "INSERT INTO installation (only_row, id, mark_secret, created_at) VALUES (1, @Id, @Secret, @CreatedAt) ON CONFLICT DO NOTHING",
                new
                {
                    Id = remembered?.Id ?? RandomNumberGenerator.GetHexString(16, lowercase: true),
                    Secret = remembered?.MarkSecret ?? RandomNumberGenerator.GetBytes(32),
                    CreatedAt = UtcText.From(remembered?.CreatedAt ?? time.GetUtcNow()),
                },
                transaction).ConfigureAwait(false);
            var row = await connection.QuerySingleAsync<Row>(
                "SELECT id AS Id, mark_secret AS Secret, created_at AS CreatedAt FROM installation", transaction: transaction).ConfigureAwait(false);
            return new Identity(row.Id, row.Secret, UtcText.Parse(row.CreatedAt));
        }, cancellationToken).ConfigureAwait(false);
        if (remembered is null)
        {
            await IdentityFile.WriteAsync(file.Path, identity, cancellationToken).ConfigureAwait(false);
        }

        return new Installation(identity.Id, identity.MarkSecret, identity.CreatedAt, remembered?.Id == identity.Id);
    }

    sealed class Row
    {
        public required string Id { get; init; }
        public required byte[] Secret { get; init; }
        public required string CreatedAt { get; init; }
    }
}
