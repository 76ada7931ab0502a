using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using VmProxy.Lab;

namespace VmProxy.EndToEnd.Tests;

/// <summary>kill -9 at random moments of a run: the next run puts everything right, and no half point is ever listed.</summary>
sealed class KillTests : EndToEndFixture
{
    const int VirtualMachines = 3;
    const int DiskSize = 16 << 20;
    const int LongestWrite = 1 << 20;

    /// <summary>Most of a run is then its work on the VMs, and not the start of a process.</summary>
    static readonly string[] TimeOfARealHost =
        ["delay-task:CreateSnapshotEx:0.3", "slow-attach:0.3", "delay-task:ReconfigVM:0.1", "delay-task:RemoveSnapshot:0.3"];

    /// <summary>What the killed runs do, in turn.</summary>
    static readonly string[][] Levels = [[], ["--level", "full"], ["--level", "differential"]];

    /// <summary>The number of kills and the seed come from the environment, so that tools/soak.sh can ask for more and a failure can be repeated.</summary>
    [Test]
    [Category("Slow")]
    public async Task A_killed_run_is_undone_by_the_next_one()
    {
        var kills = Number("VMPROXY_SOAK_KILLS") ?? 3;
        var seed = Number("VMPROXY_SOAK_SEED") ?? Random.Shared.Next();
        await TestContext.Progress.WriteLineAsync($"{kills} kills, VMPROXY_SOAK_SEED={seed}");
        var random = new Random(seed);
        await StartLabAsync(options => options.VirtualMachines.AddRange(Enumerable.Range(1, VirtualMachines).Select(TwoDisks)));
        Bench.Job["Limits"] = new JsonObject { ["ConcurrentVms"] = VirtualMachines, ["ConcurrentDisks"] = VirtualMachines };
        Bench.SaveConfiguration();
        (await RunAsync("backup")).Expect(Done);
        foreach (var slow in TimeOfARealHost)
        {
            Bench.Lab.Control.ArmFault(slow, count: int.MaxValue);
        }

        await GuestsWriteAsync(random);
        var length = (await RunAsync("backup")).Expect(Done).Duration;
        Assert.That(Bench.Lab.Control.ArmedFaults.Select(fault => fault.Count), Is.All.LessThan(int.MaxValue), "some delay strikes nothing");

        var (struck, mended, slowest) = (0, 0, length);
        for (var kill = 0; kill < kills; kill++)
        {
            await GuestsWriteAsync(random);
            // One moment in each stretch of the run: random, and yet spread over its whole length.
            var moment = length * ((kill + random.NextDouble()) / kills);
            var killed = await KillAtAsync(moment, Levels[kill % Levels.Length]);
            var left = Bench.Leftovers();
            struck += killed ? 1 : 0;
            mended += left.Count > 0 ? 1 : 0;

            await GuestsWriteAsync(random);
            var next = (await RunAsync("backup", "--json")).Expect(Done);
            length = next.Duration;
            slowest = length > slowest ? length : slowest;
            Assert.That(Bench.Leftovers(), Is.Empty, $"after kill {kill} at {moment}");
            var (listing, verifying) = (RunAsync("points", "--json"), ExpectAllWholeAsync());
            await ExpectPointsAreWhatTheLabFrozeAsync();
            var whole = await verifying;
            var listed = (await listing).Expect(Done).Json.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("id").GetString());
            Assert.That(listed, Is.EquivalentTo(whole));
            var points = whole.Count;
            Assert.That(points, Is.InRange(VirtualMachines * (kill + 3), VirtualMachines * (2 * kill + 4)));
            await TestContext.Progress.WriteLineAsync(
                $"{kill + 1,3} of {kills}: {(killed ? "killed" : "ended before its kill")} at {moment.TotalSeconds:0.00} s, {left.Count} left behind, {points} points whole");
        }

        await TestContext.Progress.WriteLineAsync(
            $"{struck} of {kills} runs killed, {mended} of them left snapshots or disks behind, all put right by the next run (slowest {slowest.TotalSeconds:0.0} s)");
        Assert.That(struck, Is.GreaterThanOrEqualTo(kills / 2), "too few kills struck a run at work");
        Assert.That((await RunAsync("janitor", "--json")).Expect(Done).Json.GetProperty("closedEntries").GetInt32(), Is.Zero);
    }

    static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    static LabVmOptions TwoDisks(int number) => new()
    {
        Name = $"web{number:00}",
        ChangeTracking = true,
        Disks =
        [
            new LabDiskOptions { Size = DiskSize, Data = [new LabDataOptions { Length = DiskSize / 2, Seed = number }] },
            new LabDiskOptions { Size = DiskSize, Controller = "nvme", Data = [new LabDataOptions { Length = DiskSize / 2, Seed = -number }] },
        ],
    };

    async Task<bool> KillAtAsync(TimeSpan moment, string[] level)
    {
        var watch = Stopwatch.StartNew();
        await using var process = Start(["backup", .. level]);
        var rest = moment - watch.Elapsed;
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, TimeProvider.System, CancellationToken.None);
        }

        process.Kill();
        var result = await process.WaitAsync();
        return result.Code == ChildResult.Killed || result.Expect(Done) is null;
    }

    async Task GuestsWriteAsync(Random random)
    {
        for (var vm = 1; vm <= VirtualMachines; vm++)
        {
            for (var write = 0; write < 6; write++)
            {
                var length = random.Next(512, LongestWrite) / 512 * 512;
                var offset = random.Next(0, (DiskSize - length) / 512) * 512L;
                await Bench.Lab.Control.Guest.WriteRandomAsync($"web{vm:00}", write % 2, offset, length, random.Next());
            }
        }
    }
}
