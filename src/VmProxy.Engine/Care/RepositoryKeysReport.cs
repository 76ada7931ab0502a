using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>The keys of a repository.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Id">Its identity.</param>
/// <param name="Encrypted">Whether a key is needed to read it.</param>
/// <param name="Epochs">One more than there were rotations.</param>
/// <param name="Keys">Oldest first.</param>
public sealed record RepositoryKeysReport(string Name, string Id, bool Encrypted, int Epochs, IReadOnlyList<RepositoryKeyEntry> Keys);

/// <summary>A key that was added, replaced or removed.</summary>
/// <param name="Name">The repository's name in the configuration.</param>
/// <param name="Key">The key.</param>
public sealed record RepositoryKeyChanged(string Name, RepositoryKeyEntry Key);

/// <summary>A rotation.</summary>
/// <param name="Name">The repository's name in the configuration.</param>
/// <param name="Epoch">The epoch that seals what is written from now on.</param>
public sealed record RepositoryKeyRotated(string Name, long Epoch);

/// <summary>A paper key, to be printed and then forgotten by every machine.</summary>
/// <param name="Name">The repository's name in the configuration.</param>
/// <param name="Key">The key's place among the others.</param>
/// <param name="Lines">The key itself.</param>
/// <param name="Sheet">The whole sheet, with the lines and what to do with them.</param>
public sealed record PaperKeyExported(string Name, RepositoryKeyEntry Key, IReadOnlyList<string> Lines, string Sheet);

/// <summary>One key.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind"><c>passphrase</c>, <c>keyFile</c>, <c>paper</c> or <c>open</c>; <c>damaged</c> when that cannot be told any more.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Created">When it was added.</param>
/// <param name="InUse">True for the key with which the repository was opened now.</param>
/// <param name="Problem">Why this key opens nothing any more; null for a good one.</param>
public sealed record RepositoryKeyEntry(string Id, string Kind, string Label, DateTimeOffset? Created, bool InUse, string? Problem)
{
    internal static RepositoryKeyEntry Of(RepositoryKeyInfo key) => new(
        key.Id,
        key.Kind switch
        {
            RepositoryKeyKind.Passphrase => "passphrase",
            RepositoryKeyKind.KeyFile => "keyFile",
            RepositoryKeyKind.Paper => "paper",
            RepositoryKeyKind.Open => "open",
            _ => "damaged",
        },
        key.Label, key.Created, key.InUse, key.Problem);
}
