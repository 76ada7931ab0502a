using System.Diagnostics.CodeAnalysis;

namespace VmProxy.Vsphere;

/// <summary>A file as the server names it: <c>[datastore] folder/name</c>.</summary>
/// <param name="Datastore">Name between the brackets.</param>
/// <param name="Path">Path below the datastore, parts joined by <c>/</c>.</param>
public sealed record DatastorePath(string Datastore, string Path)
{
    /// <summary>Takes a name apart; the datastore's ends at the first bracket that a blank follows.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out DatastorePath? path)
    {
        int end = text?.IndexOf("] ", StringComparison.Ordinal) ?? -1;
        path = text is not null && text.StartsWith('[') && end > 1 && text.Length > end + 2 ? new DatastorePath(text[1..end], text[(end + 2)..].TrimStart('/')) : null;
        return path is { Path.Length: > 0 };
    }

    /// <summary>The name as the server writes it.</summary>
    public override string ToString() => $"[{Datastore}] {Path}";
}
