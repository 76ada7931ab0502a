using VmProxy.Catalog;

namespace VmProxy.Engine.Care;

/// <summary>Who made a snapshot that is not ours, where its mark or name tells.</summary>
static class SnapshotOwners
{
    // Veeam: its KB 1790. The others: the defaults of vCheck's "Backup Garbage" report.
    static readonly (string Part, string Owner)[] Names =
    [
        ("VEEAM", "Veeam Backup & Replication"),
        ("NBU_SNAPSHOT", "NetBackup"),
        ("GX_BACKUP", "Commvault"),
        ("VCB", "VMware Consolidated Backup"),
        ("Consolidate Helper", "vSphere, after a removal that failed"),
    ];

    /// <summary>The owner, for people; null when nothing tells.</summary>
    public static string? Of(string name, OwnershipVerdict verdict) => verdict.Ownership switch
    {
        Ownership.OtherInstallation => $"another installation of VmProxy (run {verdict.RunId})",
        Ownership.NotProven => "not told: its VmProxy mark was altered, or copied from another VM",
        _ => Names.FirstOrDefault(known => name.Contains(known.Part, StringComparison.OrdinalIgnoreCase)).Owner,
    };
}
