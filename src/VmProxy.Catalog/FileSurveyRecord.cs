namespace VmProxy.Catalog;

/// <summary>The last search of a datastore's files.</summary>
/// <param name="Datastore">The datastore's managed object reference.</param>
/// <param name="TakenAt">When it was searched.</param>
/// <param name="LeftOut">Why the files were not judged; null when they were.</param>
/// <param name="Files">Files of VMs that nothing in the vCenter refers to, the largest first.</param>
public sealed record FileSurveyRecord(string Datastore, DateTimeOffset TakenAt, string? LeftOut, IReadOnlyList<UnreferencedFileRecord> Files);

/// <summary>A file that nothing in its vCenter refers to.</summary>
/// <param name="Path">As <c>[datastore] folder/name</c>.</param>
/// <param name="Bytes">What it takes.</param>
/// <param name="ModifiedAt">When it was last written; null when not known.</param>
public sealed record UnreferencedFileRecord(string Path, long Bytes, DateTimeOffset? ModifiedAt);
