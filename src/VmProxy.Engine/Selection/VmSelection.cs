using System.IO.Enumeration;

namespace VmProxy.Engine.Configuration;

/// <summary>A choice of VMs by name, with <c>*</c> and <c>?</c> as wildcards; case does not matter.</summary>
/// <param name="include">Names and patterns to take.</param>
/// <param name="exclude">Names and patterns to leave out again.</param>
public sealed class VmSelection(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
{
    /// <summary>Whether the VM is chosen.</summary>
    public bool Selects(string vmName) => include.Any(pattern => Fits(pattern, vmName)) && !exclude.Any(pattern => Fits(pattern, vmName));

    /// <summary>Included names and patterns that fit none of these VMs: mistyped, or about VMs that are gone.</summary>
    public IReadOnlyList<string> WithoutMatch(IReadOnlyCollection<string> vmNames) =>
        [.. include.Where(pattern => !vmNames.Any(name => Fits(pattern, name)))];

    static bool Fits(string pattern, string name)
    {
        // The matcher takes '\' as an escape; in a VM's name it is an ordinary character.
        return FileSystemName.MatchesSimpleExpression(pattern.Replace(@"\", @"\\", StringComparison.Ordinal), name, ignoreCase: true);
    }
}
