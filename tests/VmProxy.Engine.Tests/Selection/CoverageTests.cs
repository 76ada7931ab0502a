using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Listing;
using VmProxy.Engine.Selection;
using VmProxy.LabTesting;
using VmProxy.Transports;

namespace VmProxy.Engine.Tests.Selection;

/// <summary>Folders and clusters choose VMs of a lab, and who is chosen by no job is seen.</summary>
sealed class CoverageTests : EngineFixture
{
    [Test]
    public async Task A_folder_and_a_cluster_choose_and_a_new_vm_in_the_folder_is_taken_by_the_next_run()
    {
        await StartAsync(options => options.VirtualMachines.AddRange([In("web01", "Production/Web"), In("db01", "Production"), In("test01", "Test")]));
        Bench.Job["Vms"] = new JsonArray("folder:Production");
        var report = await BackupAsync();
        Assert.That(report.VirtualMachines.Select(vm => vm.Name), Is.EqualTo(new[] { "db01", "web01" }));
        Bench.Job["Vms"] = new JsonArray("cluster:Clus*");
        Bench.Job["Exclude"] = new JsonArray("vmproxy", "folder:Production/Web");
        Assert.That((await BackupAsync()).VirtualMachines.Select(vm => vm.Name), Is.EqualTo(new[] { "db01", "test01" }));
    }

    [Test]
    public async Task A_vm_that_no_job_selects_or_excludes_is_named()
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.AddRange([In("web01", "Production"), In("scratch", "Test"), In("forgotten", "Test")]);
            options.VirtualMachines.Add(new Lab.LabVmOptions { Name = "golden", Template = true });
        });
        Bench.Job["Vms"] = new JsonArray("folder:Production");
        Bench.Job["Exclude"] = new JsonArray("scratch");
        await using var session = OpenSession();
        var coverage = await new CoverageReporter(session).RunAsync(new Dictionary<string, Failure>(), default);
        Assert.That(coverage.Select(vm => (vm.Name, vm.Coverage)), Is.EqualTo(new[]
        {
            ("forgotten", VmCoverage.Uncovered), ("golden", VmCoverage.Excluded), ("scratch", VmCoverage.Excluded), ("vmproxy", VmCoverage.Excluded), ("web01", VmCoverage.Covered),
        }));
        var listing = await new InventoryListing(session).VirtualMachinesAsync(default);
        Assert.That(listing.Where(vm => vm.Findings.Any(finding => finding.Code == ReasonCodes.VmUncovered)).Select(vm => vm.Name), Is.EqualTo(new[] { "forgotten" }));
        Assert.That(listing.Single(vm => vm.Name == "web01").Jobs, Is.EqualTo(new[] { "nightly" }));
    }

    [Test]
    public async Task A_folder_that_a_job_leaves_out_hides_no_vm_that_no_other_job_takes()
    {
        await StartAsync(options => options.VirtualMachines.AddRange([In("web01", "Production"), In("file01", "Production"), In("test01", "Test")]));
        Bench.Job["Vms"] = new JsonArray("test*");
        Bench.Job["Exclude"] = new JsonArray("folder:Production");
        await using var session = OpenSession();
        var coverage = await new CoverageReporter(session).RunAsync(new Dictionary<string, Failure>(), default);
        Assert.That(coverage.Where(vm => vm.Coverage == VmCoverage.Uncovered).Select(vm => vm.Name), Is.EqualTo(new[] { "file01", "web01" }));
    }

    [Test]
    public async Task The_proxy_in_a_wide_selection_is_left_out_and_no_failure()
    {
        await StartAsync(options => options.VirtualMachines.Add(In("web01", "Production")));
        (Bench.Job["Vms"], Bench.Job["Exclude"]) = (new JsonArray("*"), new JsonArray());
        var report = await BackupAsync();
        var proxy = report.VirtualMachines.Single(vm => vm.Name == "vmproxy");
        Assert.That((report.Outcome, proxy.Outcome, proxy.Error), Is.EqualTo((Outcome.Warning, Outcome.Warning, (Failure?)null)));
        Assert.That(proxy.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { TransportCodes.VmIsProxy }));
        await using var session = OpenSession();
        var coverage = await new CoverageReporter(session).RunAsync(new Dictionary<string, Failure>(), default);
        Assert.That(coverage.Single(vm => vm.Name == "vmproxy").Coverage, Is.EqualTo(VmCoverage.Excluded));
    }

    static Lab.LabVmOptions In(string name, string folder)
    {
        var vm = LabBench.Vm(name, 1 << 20);
        vm.Folder = folder;
        return vm;
    }
}
