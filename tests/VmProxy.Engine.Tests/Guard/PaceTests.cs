using Microsoft.Extensions.Time.Testing;
using VmProxy.Blocks;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.LabTesting;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>A source that answers slowly gets fewer reads at the same time, and more again when it has recovered.</summary>
sealed class PaceTests : GuardFixture
{
    static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);

    [Test]
    public async Task Reads_at_the_same_time_follow_the_latency_down_and_up()
    {
        var clock = new FakeTimeProvider();
        var source = new SlowDevice(new MemoryBlockDevice(1 << 16), clock) { Latency = TimeSpan.FromMilliseconds(10) };
        var slowed = new List<int>();
        await using var device = new PacedBlockDevice(source, ownsInner: true, Limit, clock, slowed.Add);
        Assert.That(await MostInFlightAsync(64), Is.EqualTo(16));
        Assert.That(device.Slowed, Is.Null);

        source.Latency = TimeSpan.FromMilliseconds(250);
        await MostInFlightAsync(64);
        Assert.That(slowed, Is.EqualTo(new[] { 8, 4, 2, 1 }));
        Assert.That(await MostInFlightAsync(20), Is.EqualTo(1));
        Assert.That(device.Slowed, Is.EqualTo(new SlowedSource(1, 16, 250)));

        source.Latency = TimeSpan.FromMilliseconds(70);
        await MostInFlightAsync(64);
        Assert.That(await MostInFlightAsync(20), Is.EqualTo(1), "between the marks nothing changes");
        source.Latency = TimeSpan.FromMilliseconds(10);
        await MostInFlightAsync(16 * ReadPace.Window);
        Assert.That(await MostInFlightAsync(64), Is.EqualTo(16));

        async Task<int> MostInFlightAsync(int reads)
        {
            var end = source.Done + reads;
            source.Most = 0;
            var all = Task.WhenAll(Enumerable.Range(0, reads).Select(async _ => await device.ReadAsync(0, new byte[512], default)));
            while (source.Done < end)
            {
                // Time stands still until what is due has ended and every read that is allowed has begun.
                await UntilAsync(() => source.IsQuiet && source.InFlight >= Math.Min(device.Allowed, end - source.Done));
                clock.Advance(TimeSpan.FromMilliseconds(10));
            }

            await all;
            return source.Most;
        }
    }

    [Test]
    public async Task A_read_that_waits_for_its_turn_can_be_cancelled_and_a_failed_one_gives_its_place_back()
    {
        var clock = new FakeTimeProvider();
        var source = new SlowDevice(new MemoryBlockDevice(1 << 16), clock) { Latency = TimeSpan.FromMilliseconds(10) };
        await using var device = new PacedBlockDevice(source, ownsInner: true, Limit, clock, _ => { });
        var reads = Enumerable.Range(0, 16).Select(_ => device.ReadAsync(0, new byte[512], default).AsTask()).ToArray();
        using var cancelled = new CancellationTokenSource();
        var waiting = device.ReadAsync(0, new byte[512], cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        clock.Advance(TimeSpan.FromMilliseconds(10));
        await Task.WhenAll(reads);
        source.Latency = TimeSpan.Zero;
        for (var i = 0; i < 40; i++)
        {
            Assert.That(async () => await device.ReadAsync(1 << 20, new byte[512], default).AsTask().WaitAsync(TimeSpan.FromSeconds(30)), Throws.InstanceOf<ArgumentException>());
        }
    }

    [Test]
    public void Zero_never_slows()
    {
        var pace = new ReadPace(16, TimeSpan.Zero);
        Assert.That(Enumerable.Range(0, 100).Select(_ => pace.Note(TimeSpan.FromHours(1))), Is.All.False);
    }

    [TestCase(1, true)]
    [TestCase(60_000, false)]
    public async Task A_backup_records_that_its_source_was_slowed(int limit, bool slowed)
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01", 20 * MiB));
            options.VirtualMachines[0].Disks[0].Data[0].Length = 20 * MiB;
        });
        Bench.Guard["ReadLatencyMilliseconds"] = limit;
        var report = await BackupAsync(
            new SessionParts { Source = device => new SlowDevice(device, TimeProvider.System) { Latency = TimeSpan.FromMilliseconds(5) } }, BackupLevel.Full);
        var vm = Only(report);
        Assert.That(vm.Disks[0].Slowed is not null, Is.EqualTo(slowed));
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        var reasons = (await catalog.Runs.ListVmsAsync(report.RunId, default)).Single().Reasons;
        Assert.That(reasons.Any(reason => reason.Code == GuardCodes.ReadsSlowed && reason.DiskKey == vm.Disks[0].Key), Is.EqualTo(slowed));
        await ExpectRestoredAsync(vm);
    }

    /// <summary>A device whose reads take their time.</summary>
    sealed class SlowDevice(IBlockDevice inner, TimeProvider time) : IBlockDevice
    {
        readonly Lock _gate = new();
        readonly List<DateTimeOffset> _due = [];

        public bool IsQuiet
        {
            get
            {
                lock (_gate)
                {
                    return _due.TrueForAll(due => due > time.GetUtcNow());
                }
            }
        }

        public TimeSpan Latency { get; set; }

        public int InFlight { get; private set; }

        public int Most { get; set; }

        public int Done { get; private set; }

        public long Length => inner.Length;

        public int SectorSize => inner.SectorSize;

        public int PreferredReadSize => inner.PreferredReadSize;

        public int MaxInFlight => inner.MaxInFlight;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var due = time.GetUtcNow() + Latency;
            var delay = Task.Delay(Latency, time, cancellationToken);
            lock (_gate)
            {
                _due.Add(due);
                Most = Math.Max(Most, ++InFlight);
            }

            try
            {
                await delay;
                await inner.ReadAsync(offset, buffer, cancellationToken);
            }
            finally
            {
                lock (_gate)
                {
                    _due.Remove(due);
                    InFlight--;
                    Done++;
                }
            }
        }

        public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) => inner.RunsAsync(offset, length, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
