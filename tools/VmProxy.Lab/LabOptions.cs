using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmProxy.Lab;

/// <summary>What a lab consists of. The same shape, in camelCase, is the program's configuration file.</summary>
public sealed class LabOptions
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Everything that the lab writes lies under this folder, which must be empty or not exist.</summary>
    public string Folder { get; set; } = "";

    /// <summary>The loopback port; 0 picks a free one.</summary>
    public int Port { get; set; }

    public string User { get; set; } = "administrator@vsphere.local";

    public string Password { get; set; } = "lab";

    /// <summary>The version that server and hosts say they have. The dialect stays that of 6.7.</summary>
    public string ProductVersion { get; set; } = "6.7.0";

    public string ProductBuild { get; set; } = "14368073";

    /// <summary>A single ESXi host instead of a vCenter.</summary>
    public bool HostOnly { get; set; }

    public TimeSpan SessionIdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    public string Datacenter { get; set; } = "Lab";

    public string Cluster { get; set; } = "Cluster";

    /// <summary>Host names; with <see cref="HostOnly"/> the first is the host.</summary>
    public List<string> Hosts { get; set; } = ["esx1.lab.example"];

    /// <summary>Datastores; one VMFS datastore "datastore1" when none is named.</summary>
    public List<LabDatastoreOptions> Datastores { get; set; } = [];

    public List<LabVmOptions> VirtualMachines { get; set; } = [];

    /// <summary>
    /// The VM that the backup proxy runs in: what is attached to it appears in <see cref="DeviceFolder"/>. It is made when
    /// <see cref="VirtualMachines"/> does not hold it.
    /// </summary>
    public string ProxyVm { get; set; } = "vmproxy";

    /// <summary>Where attached disks appear under the names that udev would give; "devices" inside <see cref="Folder"/> by default.</summary>
    public string? DeviceFolder { get; set; }

    /// <summary>How many further VMs without files to add, named "scale-00000" and so on.</summary>
    public int ScaleVirtualMachines { get; set; }

    /// <summary>Most changed areas in one answer; the client has to ask again for the rest of the disk.</summary>
    public int ChangedAreasPerAnswer { get; set; } = 2000;

    /// <summary>Most objects in one page of properties, whatever the client asks for.</summary>
    public int MaxObjectsPerPage { get; set; } = 1000;

    /// <summary>Privileges that the user lacks, such as "VirtualMachine.State.CreateSnapshot".</summary>
    public List<string> MissingPrivileges { get; set; } = [];

    /// <summary>The largest disk, in bytes, of which the snapshot log keeps the SHA-256.</summary>
    public long HashLimit { get; set; } = 1L << 30;

    /// <summary>The clock of sessions, tasks and delays.</summary>
    [JsonIgnore]
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Reads a configuration file; an unknown key is an error that names it.</summary>
    public static async Task<LabOptions> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<LabOptions>(file, Json, cancellationToken)
            ?? throw new JsonException($"{path} holds no configuration.");
    }

    /// <summary>Makes relative paths relative to a folder.</summary>
    public void ResolvePaths(string folder)
    {
        Folder = Folder.Length == 0 ? "" : Path.GetFullPath(Folder, folder);
        DeviceFolder = DeviceFolder is null ? null : Path.GetFullPath(DeviceFolder, folder);
        foreach (var disk in VirtualMachines.SelectMany(vm => vm.Disks).Where(disk => disk.Tree is not null))
        {
            disk.Tree = Path.GetFullPath(disk.Tree!, folder);
        }
    }
}
