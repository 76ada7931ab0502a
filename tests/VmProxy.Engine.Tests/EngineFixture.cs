using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Restore;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Verify;
using VmProxy.LabTesting;
using VmProxy.Repository;

namespace VmProxy.Engine.Tests;

/// <summary>A lab, and the engine working against it as the command line would have it do.</summary>
abstract class EngineFixture
{
    // The cost is in the slot, so what is made cheaply is opened cheaply.
    static readonly PassphraseCost CheapCost = new(64, 1, 1);

    LabBench? _bench;

    protected LabBench Bench => _bench!;

    protected async Task StartAsync(Action<Lab.LabOptions>? change = null)
    {
        _bench = await LabBench.StartAsync(change);
        await using var session = OpenSession();
        await new RepositoryCare(session).InitializeAsync(null, default);
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_bench is not null)
        {
            await _bench.DisposeAsync();
            _bench = null;
        }
    }

    internal ProxySession OpenSession(SessionParts? parts = null, TimeProvider? time = null)
    {
        Bench.SaveConfiguration();
        var configuration = ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>());
        return new ProxySession(configuration, time ?? TimeProvider.System, NullLoggerFactory.Instance, parts ?? new SessionParts { PassphraseCost = CheapCost });
    }

    protected async Task<BackupReport> BackupAsync(BackupLevel? level = null, params string[] vms)
    {
        await using var session = OpenSession();
        return await new BackupJob(session, null).RunAsync(new BackupRequest { Level = level, VirtualMachines = vms }, default);
    }

    protected async Task<string> RestoreAsync(string point, int disk, DiskFormat format = DiskFormat.Raw)
    {
        await using var session = OpenSession();
        var file = Bench[$"restored-{Guid.NewGuid():n}.{(format == DiskFormat.Raw ? "img" : format.ToString().ToLowerInvariant())}"];
        await new RestoreDisk(session, null).RunAsync(new RestoreDiskRequest(point, disk.ToString(), file, format), default);
        return file;
    }

    protected async Task<VerifyReport> VerifyAllAsync()
    {
        await using var session = OpenSession();
        return await new VerifyPoints(session, null).RunAsync(null, default);
    }

    /// <summary>The point's disk is byte for byte what the VM's last snapshot froze.</summary>
    protected async Task ExpectRestoredAsync(VmReport vm)
    {
        foreach (var disk in vm.Disks)
        {
            var file = await RestoreAsync(vm.Point!, disk.Key);
            Assert.That(await LabBench.HashFileAsync(file), Is.EqualTo(Bench.HashAtLastSnapshot(vm.Name, disk.Key)), $"{vm.Name} / {disk.Label}");
            File.Delete(file);
        }
    }

    protected static VmReport Only(BackupReport report, Outcome outcome = Outcome.Done)
    {
        var vm = report.VirtualMachines.Single();
        Assert.That(vm.Outcome, Is.EqualTo(outcome), string.Join("\n", vm.Warnings.Append(vm.Error)));
        return vm;
    }
}
