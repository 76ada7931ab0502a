using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Engine;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Points;
using VmProxy.Engine.Restore;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.EndToEnd.Tests;

/// <summary>The executable as a process of its own, against a lab in this process.</summary>
abstract class EndToEndFixture
{
    protected const int Done = 0;
    protected const int Failed = 1;
    protected const int Usage = 2;

    readonly HashSet<string> _restored = [];
    LabBench? _bench;

    protected LabBench Bench => _bench!;

    protected async Task StartLabAsync(Action<LabOptions>? change = null, bool repository = true)
    {
        _bench = await LabBench.StartAsync(change);
        if (repository)
        {
            (await RunAsync("repo", "init")).Expect(Done);
        }
    }

    [TearDown]
    public async Task StopLabAsync()
    {
        _restored.Clear();
        if (_bench is not null)
        {
            await _bench.DisposeAsync();
            _bench = null;
        }
    }

    /// <summary>Starts <c>vmproxy</c> with the bench's configuration.</summary>
    protected ChildProcess Start(params string[] arguments) => VmproxyProgram.Start(
        ["--config", Bench.ConfigurationFile, .. arguments],
        // A test run in the background has SIGINT ignored, and children inherit that.
        through: ["env", "--default-signal=INT"]);

    /// <summary>Runs <c>vmproxy</c> to its end.</summary>
    protected async Task<ChildResult> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        return await process.WaitAsync();
    }

    /// <summary>Waits until the lab shows something that processes have done. One that ends before that fails the test with what it said.</summary>
    protected static async Task UntilAsync(Func<bool> condition, string what, params ChildProcess[] processes)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        try
        {
            while (!condition())
            {
                if (Array.Find(processes, process => process.HasEnded) is { } ended)
                {
                    Assert.Fail($"Before {what}: {await ended.WaitAsync()}");
                }

                await timer.WaitForNextTickAsync(patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Waited in vain for: {what}");
        }
    }

    /// <summary>Every point is whole, by <c>vmproxy verify</c>; returns their ids.</summary>
    protected async Task<IReadOnlyList<string>> ExpectAllWholeAsync()
    {
        var verified = (await RunAsync("verify", "--json")).Expect(Done);
        var points = verified.Json.GetProperty("points").EnumerateArray().ToList();
        Assert.That(points.Select(point => point.GetProperty("whole").GetBoolean()), Is.All.True, verified.ToString());
        return [.. points.Select(point => point.GetProperty("point").GetString()!)];
    }

    /// <summary>
    /// Every listed point gives back, byte for byte, what the lab froze at its snapshot. A point that was restored before is not restored again: that it is
    /// still whole is for <c>verify</c> to say. In this process, because starting one for each disk would take most of the time.
    /// </summary>
    protected async Task ExpectPointsAreWhatTheLabFrozeAsync()
    {
        var configuration = ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>());
        await using var session = new ProxySession(configuration, TimeProvider.System, NullLoggerFactory.Instance);
        var shelf = new PointShelf(session);
        var log = Bench.Lab.Control.Snapshots();
        foreach (var point in (await shelf.ListAsync(null, default)).Points.Where(point => _restored.Add(point.Id)))
        {
            var frozen = log.Single(entry => entry.Vm == point.VirtualMachine && (entry.Created - point.Time).Duration() < TimeSpan.FromMilliseconds(1));
            Assert.That(point.Disks, Is.EqualTo(frozen.Disks.Count), point.Id);
            foreach (var disk in frozen.Disks)
            {
                var file = Bench[$"restored-{point.Id}-{disk.Key}.img"];
                await new RestoreDisk(session, null).RunAsync(new RestoreDiskRequest(point.Id, $"{disk.Key}", file, DiskFormat.Raw), default);
                Assert.That(await LabBench.HashFileAsync(file), Is.EqualTo(disk.Sha256), $"{point.Id} / {disk.Label}");
                File.Delete(file);
            }
        }
    }
}
