namespace VmProxy.Cli.Tests;

sealed class ReportCommandTests : CliFixture
{
    [Test]
    public async Task Capacity_has_every_form_and_files_when_asked_for()
    {
        await StartAsync();
        Expect(await RunAsync("report", "capacity"), ExitCodes.Done, "datastore1", "fine", "too few days");
        Expect(await RunAsync("report", "capacity", "--format", "csv"), ExitCodes.Done, "taken,vcenter,datastore", ",tooFewSamples,");
        Expect(await RunAsync("report", "capacity", "--format", "html"), ExitCodes.Done, "<!DOCTYPE html>", "datastore1", "</html>");
        var stray = Path.Combine(Bench["lab"], "datastores", "datastore1", "gone", "gone.vmdk");
        Directory.CreateDirectory(Path.GetDirectoryName(stray)!);
        await File.WriteAllBytesAsync(stray, [.. Enumerable.Repeat((byte)7, 3 << 20)]);
        File.SetLastWriteTimeUtc(stray, DateTime.UnixEpoch.AddYears(50));
        Assert.That(Expect(await RunAsync("report", "capacity"), ExitCodes.Done).Output, Does.Not.Contain("gone"));
        Expect(await RunAsync("report", "capacity", "--files"), ExitCodes.Done, "unreferenced in this vCenter", "[datastore1] gone/gone.vmdk");
        var row = Expect(await RunAsync("--json", "report", "capacity"), ExitCodes.Done).Json.GetProperty("datastores")[0];
        Assert.That((row.GetProperty("level").GetString(), row.GetProperty("forecast").GetProperty("verdict").GetString()), Is.EqualTo(("fine", "tooFewSamples")));
        Assert.That(row.GetProperty("consumers").GetProperty("files").GetProperty("unreferenced")[0].GetProperty("bytes").GetInt64(), Is.EqualTo(3 << 20));
    }

    [Test]
    public async Task A_datastore_below_a_threshold_is_exit_code_3()
    {
        await StartAsync();
        Bench.Guard["FreeWarningPercent"] = 100;
        Expect(await RunAsync("report", "capacity"), ExitCodes.Warnings, "warning");
        Bench.Guard["FreeCriticalPercent"] = 100;
        Expect(await RunAsync("report", "capacity"), ExitCodes.Warnings, "critical");
    }

    [Test]
    public async Task Jobs_and_growth_tell_of_a_night_and_of_none()
    {
        await StartAsync();
        Expect(await RunAsync("report", "jobs"), ExitCodes.Warnings, "No backup went on since");
        Expect(await RunAsync("report", "growth"), ExitCodes.Done, "main", "too few days");
        Expect(await RunAsync("backup"), ExitCodes.Done);
        Expect(await RunAsync("report", "jobs"), ExitCodes.Done, "nightly", "web01", "1 done, 0 with warnings, 0 failed, 0 left out");
        Expect(await RunAsync("report", "jobs", "--format", "csv", "--hours", "1"), ExitCodes.Done, "run,job,virtualMachine", ",nightly,web01,succeeded,full,");
        Expect(await RunAsync("report", "jobs", "--format", "html"), ExitCodes.Done, "<!DOCTYPE html>", "web01");
        var run = Expect(await RunAsync("--json", "report", "jobs"), ExitCodes.Done).Json.GetProperty("runs")[0];
        Assert.That(run.GetProperty("virtualMachines")[0].GetProperty("outcome").GetString(), Is.EqualTo("succeeded"));
        var growth = Expect(await RunAsync("--json", "report", "growth"), ExitCodes.Done).Json.GetProperty("repositories")[0];
        Assert.That((growth.GetProperty("points").GetInt64(), growth.GetProperty("protectedBytes").GetInt64()), Is.EqualTo((1L, 16L << 20)));
        Expect(await RunAsync("report", "growth", "--format", "html"), ExitCodes.Done, "Repository growth", "</html>");
        Expect(await RunAsync("report", "growth", "--format", "csv"), ExitCodes.Done, "taken,repository,location");
        Expect(await RunAsync("report", "jobs", "--hours", "0"), ExitCodes.Usage);
    }
}
