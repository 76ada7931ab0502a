using VmProxy.LabTesting;

namespace VmProxy.EndToEnd.Tests;

/// <summary>Processes side by side on one repository, one catalog and one vCenter.</summary>
sealed class ManyProcessesTests : EndToEndFixture
{
    [Test]
    public async Task Two_backups_and_a_janitor_leave_each_other_alone()
    {
        await StartLabAsync(options => options.VirtualMachines.AddRange([LabBench.Vm("web01"), LabBench.Vm("web02")]));
        var devices = LateDevices.SetUp(Bench);
        await using var first = Start("backup", "--vm", "web01", "--json");
        await using var second = Start("backup", "--vm", "web02", "--json");
        await UntilAsync(() => devices.Attached() == 2, "both runs have attached a disk", first, second);
        var before = Bench.Leftovers();

        var janitor = (await RunAsync("janitor", "--json")).Expect(Done).Json;
        Assert.That(janitor.GetProperty("ownedByRunningRuns").GetInt32(), Is.EqualTo(4), "a snapshot and a disk of each run");
        Assert.That(janitor.GetProperty("removedSnapshots").GetArrayLength() + janitor.GetProperty("detachedDisks").GetArrayLength(), Is.Zero);
        Assert.That(Bench.Leftovers(), Is.EqualTo(before).And.Count.EqualTo(4));

        devices.Appear();
        foreach (var process in new[] { first, second })
        {
            var report = (await process.WaitAsync()).Expect(Done).Json;
            Assert.That(report.GetProperty("outcome").GetString(), Is.EqualTo("done"));
        }

        Assert.That(Bench.Leftovers(), Is.Empty);
        Assert.That(await ExpectAllWholeAsync(), Has.Count.EqualTo(2));
        await ExpectPointsAreWhatTheLabFrozeAsync();
    }
}
