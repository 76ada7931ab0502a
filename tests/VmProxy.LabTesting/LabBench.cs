using System.Security.Cryptography;
using System.Text.Json.Nodes;
using VmProxy.Lab;
using VmProxy.Testing;

namespace VmProxy.LabTesting;

/// <summary>A lab with a proxy's configuration for it, in a folder that goes with it.</summary>
public sealed class LabBench : IAsyncDisposable
{
    readonly TempFolder _folder;

    LabBench(TempFolder folder, LabServer lab)
    {
        _folder = folder;
        Lab = lab;
        Configuration = DefaultConfiguration();
    }

    public LabServer Lab { get; }

    /// <summary>What <see cref="SaveConfiguration"/> writes; tests change it.</summary>
    public JsonNode Configuration { get; }

    public JsonNode Root => Configuration["VmProxy"]!;

    public JsonNode Job => Root["Jobs"]![0]!;

    public JsonNode Guard => Root[nameof(Guard)]!;

    public string ConfigurationFile => _folder["appsettings.json"];

    public string RepositoryFolder => _folder["repository"];

    public string this[string name] => _folder[name];

    /// <summary>Starts a lab; by default with one VM "web01" of one 16 MiB disk that holds data, and change tracking on.</summary>
    public static async Task<LabBench> StartAsync(Action<LabOptions>? change = null)
    {
        var folder = new TempFolder();
        var options = new LabOptions { Folder = folder["lab"] };
        if (change is null)
        {
            options.VirtualMachines.Add(Vm("web01"));
        }

        change?.Invoke(options);
        var bench = new LabBench(folder, await LabServer.StartAsync(options));
        File.WriteAllText(bench["password"], options.Password);
        File.WriteAllText(bench["passphrase"], "correct horse battery staple");
        bench.SaveConfiguration();
        return bench;
    }

    /// <summary>A VM with one disk, the first quarter of which holds data.</summary>
    public static LabVmOptions Vm(string name, long size = 16 << 20, bool changeTracking = true) => new()
    {
        Name = name,
        ChangeTracking = changeTracking,
        Disks = [new LabDiskOptions { Size = size, Data = [new LabDataOptions { Length = size / 4, Seed = name.Length }] }],
    };

    public void SaveConfiguration() => File.WriteAllText(ConfigurationFile, Configuration.ToJsonString());

    /// <summary>From now on there is a new, empty catalog; what the folder of the old one remembers of the installation is kept.</summary>
    public void LoseCatalog()
    {
        var fresh = Directory.CreateDirectory(_folder[$"state-{Guid.NewGuid():n}"]).FullName;
        File.Copy(Path.Combine(_folder["state"], "catalog.db.identity"), Path.Combine(fresh, "catalog.db.identity"));
        Root["Catalog"] = new JsonObject { ["Path"] = Path.Combine(fresh, "catalog.db") };
        SaveConfiguration();
    }

    /// <summary>SHA-256 of a VM's disk as the last snapshot that the lab has seen froze it.</summary>
    public string HashAtLastSnapshot(string vm, int diskKey) =>
        Lab.Control.Snapshots().Last(entry => entry.Vm == vm).Disks.Single(disk => disk.Key == diskKey).Sha256!;

    public static async Task<string> HashFileAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
    }

    /// <summary>Nothing of a proxy is left in the inventory: no snapshot, no foreign disk, nothing to consolidate.</summary>
    public IReadOnlyList<string> Leftovers() =>
    [
        .. Lab.Control.State().VirtualMachines.SelectMany(vm => vm.Snapshots.Select(snapshot => $"{vm.Name}: snapshot {snapshot.Name}")
            .Concat(vm.Disks.Where(disk => disk.Foreign).Select(disk => $"{vm.Name}: disk {disk.FileName}"))
            .Concat(vm.ConsolidationNeeded ? [$"{vm.Name}: consolidation needed"] : [])),
    ];

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        _folder.Dispose();
    }

    JsonNode DefaultConfiguration() => JsonNode.Parse($$"""
        {
          "VmProxy": {
            "VCenters": [{
              "Name": "lab", "Url": "{{Lab.Url}}", "User": "administrator@vsphere.local", "Password": "file:password", "Thumbprint": "{{Lab.Thumbprint}}"
            }],
            "Repositories": [{ "Name": "main", "Path": "{{RepositoryFolder}}", "Passphrase": "file:passphrase" }],
            "State": { "Folder": "{{_folder["state"]}}" },
            "Guard": { "FreeSpacePercent": 1, "FreeSpace": "1 MiB", "RepositoryFree": "1 MiB", "StateFree": "1 MiB" },
            "Transports": { "HotAdd": { "ProxyVm": "vmproxy", "DeviceFolder": "{{Lab.Control.DeviceFolder}}", "DeviceTimeout": "00:00:10", "SystemRoot": "{{_folder["system"]}}" } },
            "Jobs": [{ "Name": "nightly", "Vms": ["*"], "Exclude": ["vmproxy"], "EnableChangeTracking": true }]
          }
        }
        """)!;
}
