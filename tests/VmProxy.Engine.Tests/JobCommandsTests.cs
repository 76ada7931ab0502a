using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests;

/// <summary>Commands before and after a job and its VMs: the first decides, the second always comes.</summary>
[SupportedOSPlatform("linux")]
sealed class JobCommandsTests : EngineFixture
{
    [Test]
    public async Task All_four_run_in_order_with_the_facts()
    {
        await StartAsync();
        Command("BeforeJobCommand", "exit 0");
        Command("BeforeVmCommand", "exit 0");
        Command("AfterVmCommand", "echo tape 7");
        Command("AfterJobCommand", "exit 0");
        var report = await BackupAsync();
        var vm = Only(report);
        Assert.That(report.Commands.Select(command => (command.Step, command.ExitCode)), Is.EqualTo(new[] { ("before-job", (int?)0), ("after-job", 0) }));
        Assert.That(vm.Commands.Select(command => command.Step), Is.EqualTo(new[] { "before-vm", "after-vm" }));
        Assert.That(vm.Commands[1].Output, Does.Contain("tape 7"));
        Assert.That(File.ReadAllLines(Bench["steps"]), Is.EqualTo(new[] { "before-job", "before-vm", "after-vm", "after-job" }));
        var job = Facts("after-job");
        Assert.That(job, Is.SupersetOf(new Dictionary<string, string>
        {
            ["VMPROXY_JOB"] = "nightly", ["VMPROXY_RUN"] = report.RunId, ["VMPROXY_REPOSITORY"] = "main", ["VMPROXY_REPOSITORY_PATH"] = Bench.RepositoryFolder,
            ["VMPROXY_VCENTER"] = "lab", ["VMPROXY_OUTCOME"] = "done", ["VMPROXY_POINTS"] = vm.Point!, ["VMPROXY_VMS"] = "web01", ["VMPROXY_VMS_FAILED"] = "",
        }));
        Assert.That((Facts("after-vm")["VMPROXY_VM"], Facts("after-vm")["VMPROXY_OUTCOME"], Facts("after-vm")["VMPROXY_POINT"]), Is.EqualTo(("web01", "done", vm.Point)));
    }

    [Test]
    public async Task A_job_whose_first_command_fails_backs_nothing_up_and_the_last_command_learns_it()
    {
        await StartAsync();
        Command("BeforeJobCommand", "echo no tape in the drive; exit 4");
        Command("AfterJobCommand", "exit 0");
        var exception = Assert.ThrowsAsync<EngineException>(() => BackupAsync());
        Assert.That(exception!.Failure.Code, Is.EqualTo(ReasonCodes.CommandBeforeFailed));
        Assert.That(exception.Failure.Message, Does.Contain("exit code 4").And.Contain("no tape in the drive"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
        Assert.That(Facts("after-job")["VMPROXY_OUTCOME"], Is.EqualTo("failed"));
    }

    [Test]
    public async Task A_vm_whose_first_command_fails_is_not_begun_and_the_others_are()
    {
        await StartAsync(options => options.VirtualMachines.AddRange([LabBench.Vm("web01"), LabBench.Vm("db01")]));
        Command("BeforeVmCommand", "[ \"$VMPROXY_VM\" != db01 ]");
        var report = await BackupAsync();
        Assert.That(report.VirtualMachines.Select(vm => (vm.Name, vm.Outcome, vm.Error?.Code)), Is.EqualTo(new[]
        {
            ("db01", Outcome.Failed, ReasonCodes.CommandBeforeFailed), ("web01", Outcome.Done, (string?)null),
        }));
        Assert.That(Bench.Lab.Control.Snapshots().Select(entry => entry.Vm), Is.EqualTo(new[] { "web01" }));
    }

    [Test]
    public async Task A_last_command_that_fails_is_a_warning_and_the_point_stays()
    {
        await StartAsync();
        Command("AfterVmCommand", "exit 1");
        Command("AfterJobCommand", "exit 2");
        var report = await BackupAsync();
        var vm = Only(report, Outcome.Warning);
        Assert.That((vm.Point, report.Outcome), Is.EqualTo((vm.Point, Outcome.Warning)));
        Assert.That(vm.Point, Is.Not.Null);
        Assert.That(vm.Warnings.Concat(report.Warnings).Select(warning => (warning.Object, warning.Code)), Is.EqualTo(new[]
        {
            ("web01", ReasonCodes.CommandAfterFailed), ("job nightly", ReasonCodes.CommandAfterFailed),
        }));
    }

    void Command(string key, string body)
    {
        var path = Bench[key];
        File.WriteAllText(path, $"#!/bin/sh\nenv > '{Bench["facts"]}-'$VMPROXY_STEP\necho $VMPROXY_STEP >> '{Bench["steps"]}'\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Bench.Job[key] = new JsonArray(path);
    }

    Dictionary<string, string> Facts(string step) => File.ReadAllLines(Bench[$"facts-{step}"])
        .Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);
}
