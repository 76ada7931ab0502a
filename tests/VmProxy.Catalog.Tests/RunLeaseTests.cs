using System.Diagnostics;
using System.Globalization;
using VmProxy.Testing;

namespace VmProxy.Catalog.Tests;

sealed class RunLeaseTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 23, 0, 0, TimeSpan.Zero);
    static readonly RunOwner Owner = new(42, 1000, "pid:[1]", "boot-1", "proxy1");

    [TestCase("boot-1", "pid:[1]", 1000L, 0, ExpectedResult = true, TestName = "The same process")]
    [TestCase("boot-1", "pid:[1]", 1000L, 9999, ExpectedResult = true, TestName = "The same process, however late its heartbeat")]
    [TestCase("boot-1", "pid:[1]", 2000L, 0, ExpectedResult = false, TestName = "A later process with the same id")]
    [TestCase("boot-1", "pid:[1]", null, 0, ExpectedResult = false, TestName = "No such process, at once")]
    [TestCase("boot-2", "pid:[1]", 1000L, 119, ExpectedResult = true, TestName = "Another boot or machine, heartbeat fresh")]
    [TestCase("boot-2", "pid:[1]", 1000L, 120, ExpectedResult = false, TestName = "Another boot or machine, lease expired")]
    [TestCase("boot-1", "pid:[2]", null, 119, ExpectedResult = true, TestName = "Another container, heartbeat fresh")]
    [TestCase("boot-1", "pid:[2]", 1000L, 121, ExpectedResult = false, TestName = "Another container, lease expired")]
    [TestCase("", "", null, 1, ExpectedResult = true, TestName = "Nothing known, heartbeat fresh")]
    [TestCase("boot-2", "pid:[1]", null, -3600, ExpectedResult = true, TestName = "A clock that ran ahead is doubt, so alive")]
    public bool Owner_is_alive(string bootId, string pidNamespace, long? startTicks, int heartbeatAgeSeconds) =>
        new RunLease("run", Owner, Now.AddSeconds(-heartbeatAgeSeconds), IsRunning: true)
            .IsOwnerAlive(Now, new Table(bootId, pidNamespace, startTicks));

    [Test]
    public void Unknown_boot_on_both_sides_is_not_the_same_boot()
    {
        var lease = new RunLease("run", Owner with { BootId = "", PidNamespace = "" }, Now, IsRunning: true);
        Assert.That(lease.IsOwnerAlive(Now, new Table("", "", null)), Is.True);
        Assert.That(lease.IsOwnerAlive(Now + RunLease.Lifetime, new Table("", "", 1000)), Is.False);
    }

    [Test]
    public void A_run_that_ended_has_no_living_owner() =>
        Assert.That(new RunLease("run", Owner, Now, IsRunning: false).IsOwnerAlive(Now, new Table("boot-1", "pid:[1]", 1000)), Is.False);

    [Test]
    public void This_process_sees_itself_alive()
    {
        var table = new LinuxProcessTable();
        var self = RunOwner.Current(table);
        Assert.That(self.ProcessStartTicks, Is.GreaterThan(0));
        Assert.That(self.BootId, Has.Length.EqualTo(36));
        Assert.That(self.PidNamespace, Does.StartWith("pid:["));
        Assert.That(new RunLease("run", self, DateTimeOffset.MinValue, IsRunning: true).IsOwnerAlive(Now, table), Is.True);
    }

    [Test]
    public async Task A_killed_process_is_dead_even_before_its_parent_reaps_it()
    {
        var table = new LinuxProcessTable();
        // The shell never waits for its child, which so stays behind as a zombie once killed.
        using var parent = Process.Start(new ProcessStartInfo(Tool.Require("bash", "bash"), ["-c", "sleep 100 & echo $!; kill -9 $!; exec sleep 100"])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            var child = int.Parse((await parent.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            Assert.That(() => table.StartTicks(child), Is.Null.After(5000, 10));
            Assert.That(table.StartTicks(parent.Id), Is.Not.Null);
        }
        finally
        {
            parent.Kill();
            await parent.WaitForExitAsync();
        }

        Assert.That(table.StartTicks(parent.Id), Is.Null);
    }

    [TestCase("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20", ExpectedResult = 4242L)]
    [TestCase("7 (x) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20", ExpectedResult = null)]
    [TestCase("7 (x) S 1", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    public long? Stat(string text) => LinuxProcessTable.ParseStat(text);

    sealed record Table(string BootId, string PidNamespace, long? Start) : IProcessTable
    {
        public long? StartTicks(int processId) => Start;
    }
}
