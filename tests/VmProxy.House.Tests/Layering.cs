namespace VmProxy.House.Tests;

/// <summary>Who may reference whom, and why. Arrows point down only: a lower layer can be understood, tested and reused without those above it.</summary>
static class Layering
{
    static readonly string[] EngineMay =
    [
        "VmProxy.Blocks", "VmProxy.Vmfs", "VmProxy.Nbd", "VmProxy.Nfc", "VmProxy.Scsi", "VmProxy.GuestFiles", "VmProxy.Vim25",
        "VmProxy.Vsphere", "VmProxy.Transports", "VmProxy.Repository", "VmProxy.Catalog",
    ];

    public static IReadOnlyDictionary<string, Rule> Rules { get; } = new Dictionary<string, Rule>
    {
        ["VmProxy.Blocks"] = new([], "it is the ground that all disks stand on: a device, a run, a container"),
        ["VmProxy.Vmfs"] = new(["VmProxy.Blocks"], "a file system reads any block device and knows no vCenter"),
        ["VmProxy.Nbd"] = new(["VmProxy.Blocks"], "a wire protocol moves blocks and knows no vCenter"),
        ["VmProxy.Nfc"] = new(["VmProxy.Blocks"], "a wire protocol moves blocks; tickets are handed to it"),
        ["VmProxy.Scsi"] = new(["VmProxy.Blocks"], "a LUN is a block device and knows no vCenter"),
        ["VmProxy.GuestFiles"] = new(["VmProxy.Blocks"], "a guest's files are read the same from a live disk and from a restore point"),
        ["VmProxy.Vim25.Generator"] = new([], "it runs inside the compiler"),
        ["VmProxy.Vim25"] = new(["VmProxy.Vim25.Generator"], "the SOAP client speaks vSphere's words, and only those"),
        ["VmProxy.Vsphere"] = new(["VmProxy.Vim25"], "it turns vSphere's words into those of backup; disks are not its subject"),
        ["VmProxy.Transports"] = new(
            ["VmProxy.Vsphere", "VmProxy.Blocks", "VmProxy.Vmfs", "VmProxy.Nbd", "VmProxy.Nfc", "VmProxy.Scsi"],
            "it opens one disk; it speaks to vCenter through VmProxy.Vsphere only, and to the catalog through an interface of its own"),
        ["VmProxy.Repository"] = new(["VmProxy.Blocks"], "points must be readable without vCenter, catalog or configuration"),
        ["VmProxy.Catalog"] = new([], "callers hand it flat records, so that it can be rebuilt from anything"),
        ["VmProxy.Engine"] = new(EngineMay, "it joins the parts into jobs; nothing below may know of jobs"),
        ["VmProxy.Service"] = new(
            ["VmProxy.Engine", "VmProxy.Catalog"],
            "it runs jobs, shows them and keeps in the catalog, which the engine's sessions hand to it, what it has told; how jobs work is the engine's business"),
        ["VmProxy.Cli"] = new(["VmProxy.Engine", "VmProxy.Service"], "it turns words of the command line into calls of the engine"),
        ["VmProxy.Lab"] = new(
            ["VmProxy.Blocks", "VmProxy.Vim25"],
            "the lab stands in for VMware: whatever of ours it shared with the program under test could not be tested against it"),
        ["VmProxy.MkVmfs"] = new(["VmProxy.Blocks"], "the formatter must not share its understanding of VMFS with the reader that it judges"),
    };

    /// <summary>The rule in words, for whoever broke it.</summary>
    public static string Explain(string project, IEnumerable<string> forbidden) =>
        $"{project} references {string.Join(", ", forbidden)}. It may reference "
        + (Rules[project].May.Count == 0 ? "no other project" : "only " + string.Join(", ", Rules[project].May))
        + $", because {Rules[project].Because}. Move the code to a layer that may know both, or pass in what is needed.";
}

/// <summary>What a project may reference.</summary>
/// <param name="May">The names of projects.</param>
/// <param name="Because">The reason, as the end of a sentence.</param>
sealed record Rule(IReadOnlyList<string> May, string Because);
