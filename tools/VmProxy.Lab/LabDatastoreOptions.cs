namespace VmProxy.Lab;

/// <summary>A datastore: a folder of the same name under the lab's folder.</summary>
public sealed class LabDatastoreOptions
{
    public string Name { get; set; } = "datastore1";

    /// <summary>As DatastoreSummary.type gives it: VMFS, NFS, NFS41, vsan, VVOL, PMEM or OTHER. On vsan and VVOL folders are named by UUIDs.</summary>
    public string Type { get; set; } = "VMFS";

    /// <summary>Bytes. Files are charged as a host would charge them, whatever room the lab's machine has.</summary>
    public long Capacity { get; set; } = 1L << 40;

    /// <summary>Names of the hosts that mount it; all when none is named.</summary>
    public List<string> Hosts { get; set; } = [];

    /// <summary>The LUN under a VMFS datastore.</summary>
    public string? LunName { get; set; }
}
