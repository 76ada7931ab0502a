using System.Text.Json;
using VmProxy.LabTesting;

namespace VmProxy.EndToEnd.Tests;

/// <summary>Exit codes, standard output and standard error as scripts see them.</summary>
sealed class StreamsTests : EndToEndFixture
{
    [Test]
    public async Task Results_go_to_standard_output_and_all_else_to_standard_error()
    {
        await StartLabAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false)));
        var backup = (await RunAsync("backup")).Expect(Done);
        Assert.That(backup.Output, Does.StartWith("VM ").And.Contain("web01").And.Contain("CBT_NO_BASE"));
        Assert.That(backup.Errors, Does.Contain("changed block tracking is on"), "the log");
        Assert.That(backup.Output, Does.Not.Contain("changed block tracking is on").And.Not.Contain("\u001b"));
        Assert.That(backup.Errors, Does.Not.Contain("\u001b"), "no progress bars and colours in a pipe");

        var json = (await RunAsync("backup", "--json", "--level", "full")).Expect(Done);
        Assert.That(json.Json.GetProperty("outcome").GetString(), Is.EqualTo("done"));
        var failed = (await RunAsync("--json", "backup", "--vm", "web99")).Expect(Failed);
        Assert.That(failed.Json.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("VM_UNKNOWN"));
        Assert.That(failed.Errors, Does.Contain("web99"));
        var wrong = (await RunAsync("backup", "--frobnicate")).Expect(Usage);
        Assert.That((wrong.Output, wrong.Errors.Contains("--frobnicate", StringComparison.Ordinal)), Is.EqualTo(("", true)));
    }

    [Test]
    public async Task Ctrl_C_undoes_everything_and_leaves_no_half_point()
    {
        await StartLabAsync();
        (await RunAsync("backup")).Expect(Done);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 4 << 20, seed: 5);
        var devices = LateDevices.SetUp(Bench);
        // A test run in the background has SIGINT ignored, and children inherit that.
        await using var process = VmproxyProgram.Start(
            ["--config", Bench.ConfigurationFile, "--json", "backup"], through: ["env", "--default-signal=INT"]);
        await UntilAsync(() => devices.Attached() == 1, "the disk is attached", process);
        await process.InterruptAsync();
        var result = (await process.WaitAsync()).Expect(Failed, "cancelled");
        Assert.That(JsonDocument.Parse(result.Output).RootElement.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("CANCELLED"));
        Assert.That(Bench.Leftovers(), Is.Empty, "undone before it ended");

        Assert.That(await ExpectAllWholeAsync(), Has.Count.EqualTo(1));
        devices.Appear();
        var next = (await RunAsync("backup", "--json")).Expect(Done).Json.GetProperty("virtualMachines")[0].GetProperty("disks")[0];
        Assert.That((next.GetProperty("level").GetString(), next.GetProperty("readBytes").GetInt64()), Is.EqualTo(("incremental", 4L << 20)));
        await ExpectPointsAreWhatTheLabFrozeAsync();
    }
}
