using System.Text.Json;
using VmProxy.LabTesting;
using VmProxy.Testing;

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

    [TestCase("exec 3> >(exit); wait $!; \"$@\" >&3", "", "layout", "ls -R --json", "cat /big", TestName = "Its reader has died")]
    [TestCase("\"$@\" | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}", "", "cat /big", TestName = "Its reader has enough")]
    [TestCase("\"$@\" >/dev/full", "OUTPUT_FAILED", "layout", "ls -R --json", "cat /big", "cat --help", TestName = "Its disk is full")]
    public async Task An_output_that_is_not_taken_is_a_failure(string script, string told, params string[] commands)
    {
        using var place = new TempFolder();
        Directory.CreateDirectory(place["tree"]);
        await File.WriteAllBytesAsync(place["tree/big"], new byte[4 << 20]);
        await Tool.RunAsync(Tool.Require("mke2fs", "e2fsprogs"), ["-q", "-F", "-d", place["tree"], place["image"], "16M"]);
        foreach (var command in commands)
        {
            await using var process = VmproxyProgram.Start(["inspect", "disk", place["image"], .. command.Split(' ')], through: ["bash", "-c", script, "bash"]);
            var result = (await process.WaitAsync()).Expect(Failed);
            Assert.That(result.Errors, told.Length == 0 ? Is.Empty : Does.Contain(told).And.Not.Contain("Unhandled"), command);
        }
    }

    [Test]
    public async Task Ctrl_C_undoes_everything_and_leaves_no_half_point()
    {
        await StartLabAsync();
        (await RunAsync("backup")).Expect(Done);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 4 << 20, seed: 5);
        var devices = LateDevices.SetUp(Bench);
        await using var process = Start("--json", "backup");
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
