using VmProxy.Testing;

namespace VmProxy.Lab.Tests;

/// <summary>A small lab in a folder of its own.</summary>
internal sealed class LabFixture : IAsyncDisposable
{
    LabFixture(TempFolder folder, LabServer server) => (Folder, Server) = (folder, server);

    public TempFolder Folder { get; }

    public LabServer Server { get; }

    public static async Task<LabFixture> StartAsync(Action<LabOptions>? change = null)
    {
        var folder = new TempFolder();
        var options = new LabOptions
        {
            Folder = folder["lab"],
            Datastores = [new LabDatastoreOptions { Name = "datastore1", Capacity = 4L << 30 }],
            VirtualMachines =
            [
                new LabVmOptions
                {
                    Name = "web",
                    Folder = "Production",
                    Disks =
                    [
                        new LabDiskOptions { Size = 8 << 20, Data = [new LabDataOptions { Offset = 1 << 20, Length = 3 << 20, Seed = 1 }] },
                        new LabDiskOptions { Size = 4 << 20, Controller = "sata" },
                    ],
                },
                new LabVmOptions { Name = "off", PoweredOn = false, Disks = [new LabDiskOptions { Size = 1 << 20 }] },
                new LabVmOptions { Name = "golden", Template = true, Disks = [new LabDiskOptions { Size = 1 << 20 }] },
                new LabVmOptions { Name = "shared", Disks = [new LabDiskOptions { Size = 1 << 20, SharedBus = "physicalSharing" }] },
                new LabVmOptions { Name = "lost", ConnectionState = "inaccessible" },
            ],
        };
        change?.Invoke(options);
        try
        {
            return new LabFixture(folder, await LabServer.StartAsync(options));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Folder.Dispose();
    }
}
