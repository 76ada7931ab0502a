using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Lab;
using VmProxy.Lab.Control;
using VmProxy.Testing;
using VmProxy.Vsphere;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>A lab with a VM of several disks and a snapshot, and hot-add over a real session with it.</summary>
sealed class LabHotAdd : IAsyncDisposable
{
    public const int Disks = 4;
    public const int DiskBytes = 4 * 1024 * 1024;
    const string VmName = "mail";

    readonly TempFolder _folder;
    string _lastSnapshot = "";

    LabHotAdd(TempFolder folder, LabServer lab, VcenterConnection vcenter)
    {
        _folder = folder;
        Lab = lab;
        Vcenter = vcenter;
    }

    public LabServer Lab { get; }

    public VcenterConnection Vcenter { get; }

    public RecordingJournal Journal { get; } = new();

    public HotAddTransport Transport { get; private set; } = null!;

    /// <summary>The snapshot's disks.</summary>
    public IReadOnlyList<SnapshotDiskRequest> Requests { get; private set; } = [];

    /// <summary>Disks of others that the proxy VM has.</summary>
    public IEnumerable<LabDiskReport> Lent => Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "vmproxy").Disks.Where(disk => disk.Foreign);

    public static async Task<LabHotAdd> StartAsync(int snapshots = 1, Func<HotAddOptions, HotAddOptions>? change = null)
    {
        var folder = new TempFolder();
        var lab = await LabServer.StartAsync(new LabOptions
        {
            Folder = folder["lab"],
            VirtualMachines =
            [
                new LabVmOptions
                {
                    Name = VmName,
                    Disks =
                    [
                        .. Enumerable.Range(0, Disks).Select(disk => new LabDiskOptions
                        {
                            Size = DiskBytes,
                            Data = [new LabDataOptions { Offset = 512, Length = 300_032, Seed = disk }],
                        }),
                    ],
                },
            ],
        });
        var vcenter = await VcenterConnection.ConnectAsync(
            new VcenterOptions
            {
                Name = "lab",
                Url = lab.Url,
                User = "administrator@vsphere.local",
                Password = "lab",
                Thumbprint = lab.Thumbprint,
                RetryDelay = TimeSpan.FromMilliseconds(20),
            },
            TimeProvider.System,
            NullLogger.Instance,
            CancellationToken.None);
        var started = new LabHotAdd(folder, lab, vcenter);
        await started.PrepareAsync(snapshots, change ?? (options => options));
        return started;
    }

    /// <summary>What the lab says that the snapshot holds.</summary>
    public byte[] Content(int disk) => Lab.Control.ReadSnapshotDisk(VmName, _lastSnapshot, disk, 0, DiskBytes);

    public async ValueTask DisposeAsync()
    {
        await Vcenter.DisposeAsync();
        await Lab.DisposeAsync();
        _folder.Dispose();
    }

    async Task PrepareAsync(int snapshots, Func<HotAddOptions, HotAddOptions> change)
    {
        var inventory = await Vcenter.ReadInventoryAsync(CancellationToken.None);
        var vm = inventory.VirtualMachines.Single(candidate => candidate.Name == VmName);
        var snapshot = default(ObjectId);
        for (var i = 0; i < snapshots; i++)
        {
            await Lab.Control.Guest.WriteRandomAsync(VmName, 0, (1024 * 1024) + (i * 70_144), 80_384, seed: 100 + i);
            _lastSnapshot = $"test-{i}";
            snapshot = (await Vcenter.Snapshots.CreateAsync(vm.Id, _lastSnapshot, "", QuiescePolicy.Never, CancellationToken.None)).Snapshot;
        }

        await Lab.Control.Guest.WriteRandomAsync(VmName, 0, 0, 65_536, seed: 99);
        var state = await Vcenter.Snapshots.ReadDisksAsync(vm.Id, snapshot, CancellationToken.None);
        Requests = [.. state.Disks.Select(disk => new SnapshotDiskRequest(vm, snapshot, disk))];
        var options = new HotAddOptions
        {
            ProxyVm = "vmproxy",
            DeviceFolder = Lab.Control.DeviceFolder,
            SystemRoot = "/nowhere",
            DeviceTimeout = TimeSpan.FromSeconds(20),
            ChangeTimeout = TimeSpan.FromSeconds(60),
        };
        Transport = new HotAddTransport(Vcenter, inventory, change(options), Journal, TimeProvider.System, NullLogger.Instance);
    }
}
