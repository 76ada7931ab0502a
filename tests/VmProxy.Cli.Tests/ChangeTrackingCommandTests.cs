namespace VmProxy.Cli.Tests;

sealed class ChangeTrackingCommandTests : CliFixture
{
    [Test]
    public async Task Change_tracking_is_reset_on_demand_and_others_snapshots_are_listed()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        Expect(await RunAsync("cbt", "reset", "--vm", "web01"), ExitCodes.Done, "web01", "CBT_RESET");
        Expect(await RunAsync("backup"), ExitCodes.Warnings, "CBT_EPOCH_CHANGED");
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "NBU_SNAPSHOT theirs");
        Expect(await RunAsync("cbt", "reset", "--vm", "web01"), ExitCodes.Failed, "CBT_SNAPSHOTS_EXIST", "web01");
        Expect(await RunAsync("cbt", "reset", "--vm", "nobody"), ExitCodes.Failed, "VM_UNKNOWN");
        Expect(await RunAsync("cbt", "reset"), ExitCodes.Usage);
        Expect(await RunAsync("janitor"), ExitCodes.Done, "not ours: web01 / snapshot NBU_SNAPSHOT theirs", "owner NetBackup");
        var other = Expect(await RunAsync("--json", "janitor"), ExitCodes.Done).Json.GetProperty("otherSnapshots")[0];
        Assert.That(other.GetProperty("sizeBytes").GetInt64(), Is.GreaterThan(0));
        Assert.That(Bench.Leftovers(), Is.EqualTo(new[] { "web01: snapshot NBU_SNAPSHOT theirs" }));
    }

    [Test]
    public async Task A_share_of_checks_that_makes_no_sense_is_named()
    {
        await StartAsync();
        Bench.Job["SpotCheck"] = new System.Text.Json.Nodes.JsonObject { ["SharePercent"] = 101 };
        Bench.SaveConfiguration();
        Expect(await RunAsync("vms"), ExitCodes.Usage, "SpotCheck:SharePercent", "101");
    }
}
