using System.Security.Cryptography;
using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Tests;

/// <summary>VmProxy's own client on a lab, with the certificate pinned.</summary>
internal sealed class LabTestClient : IDisposable
{
    readonly LabServer _server;
    readonly HttpClient _http;

    LabTestClient(LabServer server)
    {
        _server = server;
        _http = NewHttp(server);
        Vim = new VimClient(new SoapChannel(new Uri(server.Url, "sdk"), _http, "6.7"));
    }

    public VimClient Vim { get; }

    public static ManagedObjectReference Sessions { get; } = new("SessionManager", "SessionManager");

    public static HttpClient NewHttp(LabServer server) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate?.GetCertHashString(HashAlgorithmName.SHA256) == server.Thumbprint.Replace(":", "", StringComparison.Ordinal),
        },
    });

    public static LabTestClient Anonymous(LabServer server) => new(server);

    public static async Task<LabTestClient> LoginAsync(LabServer server)
    {
        var client = new LabTestClient(server);
        await client.Vim.LoginAsync(Sessions, "administrator@vsphere.local", "lab");
        return client;
    }

    public ManagedObjectReference Vm(string name) =>
        new("VirtualMachine", _server.Control.State().VirtualMachines.Single(vm => vm.Name == name).Id);

    /// <summary>Start of every block that changed, as told in as many answers as it takes.</summary>
    public async Task<List<long>> ChangedBlocksAsync(string vm, string snapshot, string changeId)
    {
        var capacity = _server.Control.State().VirtualMachines.Single(one => one.Name == vm).Disks[0].Capacity;
        var blocks = new List<long>();
        for (var start = 0L; start < capacity;)
        {
            var answer = await Vim.QueryChangedDiskAreasAsync(Vm(vm), new ManagedObjectReference("VirtualMachineSnapshot", snapshot), 2000, start, changeId);
            foreach (var area in answer.ChangedArea)
            {
                for (var block = area.Start; block < area.Start + area.Length; block += ChangeTracker.BlockSize)
                {
                    blocks.Add(block);
                }
            }

            start += answer.Length;
        }

        return blocks;
    }

    /// <summary>Waits for a task through updates; it must succeed.</summary>
    public async Task FinishAsync(ManagedObjectReference task)
    {
        var collector = await Vim.CreatePropertyCollectorAsync(new ManagedObjectReference("PropertyCollector", "propertyCollector"));
        var spec = new PropertyFilterSpec
        {
            ObjectSet = [new ObjectSpec { Obj = task }],
            PropSet = [new PropertySpec { Type = "Task", PathSet = ["info.state"] }],
        };
        await Vim.CreateFilterAsync(collector, spec, partialUpdates: true);
        for (var (state, version) = ("", ""); state != "success";)
        {
            var updates = await Vim.WaitForUpdatesExAsync(collector, version);
            version = updates!.Version;
            state = updates.FilterSet[0].ObjectSet[0].ChangeSet[0].Val!.ToString()!;
            Assert.That(state, Is.Not.EqualTo("error"));
        }

        await Vim.DestroyPropertyCollectorAsync(collector);
    }

    public void Dispose() => _http.Dispose();
}
