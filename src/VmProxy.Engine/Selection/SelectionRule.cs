using System.IO.Enumeration;

namespace VmProxy.Engine.Selection;

/// <summary>
/// One entry of a selection: a name, or a kind, a colon and what it asks, such as <c>folder:Production/Web</c>, <c>cluster:Prod*</c>,
/// <c>tag:Backup/Nightly</c> or <c>attribute:Backup=yes</c>. <c>*</c> and <c>?</c> are wildcards; case does not matter. <c>name:</c> is for names with a colon.
/// </summary>
public sealed class SelectionRule
{
    const string Allowed = "Allowed: a name with * and ? as wildcards, or folder:PATH, cluster:NAME, tag:CATEGORY/TAG, attribute:NAME=VALUE, or name: before a name that has a colon";

    SelectionRule(string text, SelectionKind kind, string pattern) => (Text, Kind, Pattern) = (text, kind, pattern);

    /// <summary>The entry as it is written.</summary>
    public string Text { get; }

    /// <summary>By what it chooses.</summary>
    public SelectionKind Kind { get; }

    /// <summary>Whether it is the name of one VM, without wildcards.</summary>
    public bool NamesOne => Kind == SelectionKind.Name && !Pattern.AsSpan().ContainsAny('*', '?');

    string Pattern { get; }

    /// <summary>Reads an entry; one that <see cref="Problem"/> objects to is taken for a name.</summary>
    public static SelectionRule Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parts(text) is var (word, rest) && KindOf(word) is { } kind
            ? new SelectionRule(text, kind, rest)
            : new SelectionRule(text, SelectionKind.Name, text);
    }

    /// <summary>What is wrong with an entry, and what is allowed; null for a good one.</summary>
    public static string? Problem(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parts(text) switch
        {
            null => null,
            var (word, _) when KindOf(word) is null => $"'{word}:' is nothing to choose by. {Allowed}",
            (_, "") => $"says nothing after the colon. {Allowed}",
            _ => null,
        };
    }

    /// <summary>Whether the VM is one of those.</summary>
    public bool Fits(VmFacts vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Kind switch
        {
            SelectionKind.Name => Matches(vm.Name),
            SelectionKind.Folder => Places(vm).Any(Matches),
            SelectionKind.Cluster => vm.Cluster is { } cluster && Matches(cluster),
            SelectionKind.Tag => vm.Tags.Any(tag => Matches(Pattern.Contains('/', StringComparison.Ordinal) ? tag : tag[(tag.IndexOf('/', StringComparison.Ordinal) + 1)..])),
            _ => vm.Attributes.Any(attribute => Matches(Pattern.Contains('=', StringComparison.Ordinal) ? $"{attribute.Key}={attribute.Value}" : attribute.Key)),
        };
    }

    /// <summary>Every folder that holds the VM, as a path in its datacenter and, with a slash before it, as one from the root.</summary>
    static IEnumerable<string> Places(VmFacts vm)
    {
        var path = "";
        yield return $"/{vm.Datacenter}";
        foreach (var folder in vm.Folder.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = path.Length == 0 ? folder : $"{path}/{folder}";
            yield return path;
            yield return $"/{vm.Datacenter}/{path}";
        }
    }

    /// <summary>The word before the first colon and what follows; null when a name has no such word.</summary>
    static (string Word, string Said)? Parts(string text) => text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && text.AsSpan(0, colon).IndexOfAnyExceptInRange('A', 'z') < 0
        ? (text[..colon], text[(colon + 1)..].Trim())
        : null;

    static SelectionKind? KindOf(string word) => Enum.TryParse<SelectionKind>(word, ignoreCase: true, out var kind) ? kind : null;

    // The matcher takes '\' as an escape; in a name it is an ordinary character.
    bool Matches(string text) => FileSystemName.MatchesSimpleExpression(Pattern.Replace(@"\", @"\\", StringComparison.Ordinal), text, ignoreCase: true);
}
