namespace VmProxy.Repository;

/// <summary>One key of a repository.</summary>
/// <param name="Id">Its id, 32 hexadecimal digits; it never changes as long as the key does not.</param>
/// <param name="Kind">What it is; null when its slot is damaged or missing.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Created">When it was added.</param>
/// <param name="InUse">True for the key with which the repository was opened now.</param>
/// <param name="Problem">Why this key opens nothing any more; null for a good one.</param>
public sealed record RepositoryKeyInfo(string Id, RepositoryKeyKind? Kind, string Label, DateTimeOffset? Created, bool InUse, string? Problem);

/// <summary>The keys of a repository.</summary>
/// <param name="Keys">Oldest first.</param>
/// <param name="Epochs">How many secrets have sealed, or seal, what is stored: one more than there were rotations.</param>
public sealed record RepositoryKeyList(IReadOnlyList<RepositoryKeyInfo> Keys, int Epochs);

/// <summary>A new paper key. It is stored nowhere: what is not printed is lost.</summary>
/// <param name="Key">Its place among the keys.</param>
/// <param name="Lines">The six numbered lines to print.</param>
public sealed record PaperKeySheet(RepositoryKeyInfo Key, IReadOnlyList<string> Lines);
