namespace VmProxy.Engine.Selection;

/// <summary>A choice of VMs.</summary>
/// <param name="include">Entries (<see cref="SelectionRule"/>) to take.</param>
/// <param name="exclude">Entries to leave out again.</param>
public sealed class VmSelection(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
{
    readonly SelectionRule[] _include = [.. include.Select(SelectionRule.Of)];
    readonly SelectionRule[] _exclude = [.. exclude.Select(SelectionRule.Of)];

    /// <summary>Whether a VM of which only the name is known is chosen.</summary>
    public bool Selects(string vmName) => Selects(new VmFacts { Name = vmName });

    /// <summary>Whether the VM is chosen.</summary>
    public bool Selects(VmFacts vm) => _include.Any(rule => rule.Fits(vm)) && !Excludes(vm);

    /// <summary>Whether the VM is left out on purpose.</summary>
    public bool Excludes(VmFacts vm) => _exclude.Any(rule => rule.Fits(vm));

    /// <summary>
    /// Whether nobody need wonder that the VM has no backup: it is left out by its very name, or from what would be chosen. A folder that a job leaves out, and would not choose anyway, says
    /// nothing of the VMs in it.
    /// </summary>
    public bool ExcludesOnPurpose(VmFacts vm) => _exclude.Any(rule => rule.Fits(vm) && (rule.NamesOne || _include.Any(chosen => chosen.Fits(vm))));

    /// <summary>Whether any entry chooses by this.</summary>
    public bool AsksFor(SelectionKind kind) => _include.Concat(_exclude).Any(rule => rule.Kind == kind);

    /// <summary>Included entries that fit none of these VMs: mistyped, or about VMs that are gone.</summary>
    public IReadOnlyList<string> WithoutMatch(IReadOnlyCollection<VmFacts> vms) => [.. _include.Where(rule => !vms.Any(rule.Fits)).Select(rule => rule.Text)];
}
