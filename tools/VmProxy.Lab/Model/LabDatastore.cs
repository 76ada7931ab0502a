using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>A datastore: a folder on the lab's machine with an account of its room.</summary>
internal sealed class LabDatastore(string id, LabDatastoreOptions options, string folder)
{
    readonly SpaceAccount _space = new(options.Name, options.Capacity);

    public string Id => id;

    public string Name => options.Name;

    public string Type => options.Type;

    public string Folder => folder;

    public SpaceAccount Space => _space;

    /// <summary>The folder of a VM: object stores name folders by the UUID of the object, whatever the VM is called.</summary>
    public string FolderNameOf(string vm) => Type is "vsan" or "VVOL" ? UuidOf($"{Name}/{vm}").ToString() : vm;

    public bool IsMountedBy(LabHost host) => options.Hosts.Count == 0 || options.Hosts.Contains(host.Name);

    public string LunName => options.LunName ?? $"naa.6000eb3{Math.Abs(StableHash(options.Name)):d9}0000000000000000"[..36];

    /// <summary>Free bytes as of the last refresh: a server tells what it last saw, not what is.</summary>
    public long ReportedFree { get; private set; } = options.Capacity;

    public DateTimeOffset Refreshed { get; private set; }

    /// <summary>Whether no host reaches it.</summary>
    public bool Disconnected { get; set; }

    public void Refresh(DateTimeOffset now)
    {
        ReportedFree = _space.Free;
        Refreshed = now;
    }

    /// <summary>A stable identity for URLs, derived from the name so that it survives a new lab.</summary>
    public Guid Uuid { get; } = UuidOf(options.Name);

    public static Guid UuidOf(string name) =>
        new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    static int StableHash(string text) => text.Aggregate(17, (hash, letter) => ((hash * 31) + letter) & 0x3fffffff);
}
