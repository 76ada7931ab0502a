using VmProxy.Lab;
using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests;

/// <summary>A lab of one test, and a connection to it.</summary>
sealed class Lab : IAsyncDisposable
{
    readonly TempFolder _folder;

    Lab(TempFolder folder, LabServer server, VcenterConnection connection)
    {
        _folder = folder;
        Server = server;
        Connection = connection;
    }

    public LabServer Server { get; }

    public VcenterConnection Connection { get; }

    /// <summary>Starts a lab with one VM of two disks named "web", the proxy VM, and what else the test wants.</summary>
    public static async Task<Lab> StartAsync(
        Action<LabVmOptions>? web = null, Action<LabOptions>? options = null, Func<VcenterOptions, VcenterOptions>? connect = null)
    {
        var folder = new TempFolder();
        var vm = new LabVmOptions
        {
            Name = "web",
            Folder = "Production/Web",
            ChangeTracking = true,
            Disks = [new LabDiskOptions { Size = 8 << 20, Data = [new LabDataOptions { Length = 1 << 20, Seed = 1 }] }, new LabDiskOptions { Size = 4 << 20 }],
        };
        web?.Invoke(vm);
        var lab = new LabOptions { Folder = folder["lab"], VirtualMachines = [vm] };
        options?.Invoke(lab);
        var server = await LabServer.StartAsync(lab);
        var wanted = Options(server);
        return new Lab(folder, server, await Simulated.ConnectAsync(connect?.Invoke(wanted) ?? wanted));
    }

    public static VcenterOptions Options(LabServer server) => new()
    {
        Name = "lab",
        Url = server.Url,
        User = "administrator@vsphere.local",
        Password = "lab",
        Thumbprint = server.Thumbprint,
        CallTimeout = TimeSpan.FromSeconds(20),
        RetryDelay = TimeSpan.FromMilliseconds(20),
        BusyLimit = TimeSpan.FromSeconds(20),
    };

    public Task<VirtualMachine> VmAsync(string name = "web") => Simulated.VmAsync(Connection, name);

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
