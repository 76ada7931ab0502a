using NUnit.Framework;
using VmProxy.Blocks;

namespace VmProxy.Testing;

/// <summary>
/// What every block device must do. A test project derives a fixture from it and makes the device; at least 64 KiB of content that is not
/// all zeros tell the most.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class BlockDeviceConformance
{
    /// <summary>Makes a device and says what it holds.</summary>
    protected abstract Task<ConformanceSubject> OpenAsync();

    /// <summary>How many random reads and runs a test makes; slow devices may lower it.</summary>
    protected virtual int Rounds => 200;

    [Test]
    public async Task It_states_its_length_and_sane_properties()
    {
        await using var subject = await OpenAsync();
        var device = subject.Device;
        Assert.That(device.Length, Is.EqualTo(subject.Content.Length));
        Assert.That(device.SectorSize, Is.GreaterThanOrEqualTo(512));
        Assert.That(int.IsPow2(device.SectorSize), Is.True);
        Assert.That(device.PreferredReadSize, Is.Positive);
        Assert.That(device.MaxInFlight, Is.Positive);
    }

    [Test]
    public async Task A_whole_read_gives_the_content()
    {
        await using var subject = await OpenAsync();
        var all = new byte[subject.Content.Length];
        await subject.Device.ReadAsync(0, all, CancellationToken.None);
        ExpectBytes(all, subject.Content, 0);
    }

    [Test]
    public async Task Any_offset_and_length_can_be_read_and_nothing_beside_the_buffer_is_touched()
    {
        await using var subject = await OpenAsync();
        var random = new Random(7);
        for (var i = 0; i < Rounds; i++)
        {
            var (offset, length) = RandomRange(random, subject.Content.Length);
            var guarded = new byte[length + 2];
            guarded[0] = guarded[^1] = 0xA5;
            await subject.Device.ReadAsync(offset, guarded.AsMemory(1, length), CancellationToken.None);
            Assert.That((guarded[0], guarded[^1]), Is.EqualTo(((byte)0xA5, (byte)0xA5)));
            ExpectBytes(guarded.AsSpan(1, length), subject.Content.AsSpan(offset, length), offset);
        }
    }

    [Test]
    public async Task Overlapping_reads_from_many_threads_do_not_disturb_each_other()
    {
        await using var subject = await OpenAsync();
        var readers = Enumerable.Range(0, subject.Device.MaxInFlight * 2).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < Math.Max(1, Rounds / 10); i++)
            {
                var (offset, length) = RandomRange(random, subject.Content.Length);
                var buffer = new byte[length];
                await subject.Device.ReadAsync(offset, buffer, CancellationToken.None);
                ExpectBytes(buffer, subject.Content.AsSpan(offset, length), offset);
            }
        }));
        await Task.WhenAll(readers);
    }

    [Test]
    public async Task The_ends_can_be_read()
    {
        await using var subject = await OpenAsync();
        var last = new byte[1];
        await subject.Device.ReadAsync(subject.Content.Length - 1, last, CancellationToken.None);
        Assert.That(last[0], Is.EqualTo(subject.Content[^1]));
        await subject.Device.ReadAsync(subject.Content.Length, Memory<byte>.Empty, CancellationToken.None);
        await subject.Device.ReadAsync(0, Memory<byte>.Empty, CancellationToken.None);
    }

    [Test]
    public async Task A_range_outside_is_refused()
    {
        await using var subject = await OpenAsync();
        var device = subject.Device;
        var buffer = new byte[2];
        foreach (var offset in new[] { -1, device.Length - 1, device.Length, device.Length + 1, long.MaxValue, long.MinValue })
        {
            Assert.That(
                async () => await device.ReadAsync(offset, buffer, CancellationToken.None),
                Throws.InstanceOf<ArgumentOutOfRangeException>(),
                $"offset {offset}");
        }

        (long Offset, long Length)[] ranges = [(-1, 1), (0, device.Length + 1), (device.Length, 1), (1, long.MaxValue), (0, -1)];
        foreach (var (offset, length) in ranges)
        {
            Assert.That(
                async () => await ListAsync(device, offset, length), Throws.InstanceOf<ArgumentOutOfRangeException>(), $"{offset}, {length}");
        }
    }

    [Test]
    public async Task Runs_cover_a_range_exactly_and_zero_runs_read_as_zeros()
    {
        await using var subject = await OpenAsync();
        var random = new Random(9);
        ExpectRuns(await ListAsync(subject.Device, 0, subject.Content.Length), 0, subject.Content.Length, subject.Content);
        for (var i = 0; i < Rounds / 10; i++)
        {
            var (offset, length) = RandomRange(random, subject.Content.Length);
            ExpectRuns(await ListAsync(subject.Device, offset, length), offset, length, subject.Content);
        }

        Assert.That(await ListAsync(subject.Device, subject.Content.Length, 0), Is.Empty);
    }

    [Test]
    public async Task A_cancelled_token_ends_a_read()
    {
        await using var subject = await OpenAsync();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        Assert.That(
            async () => await subject.Device.ReadAsync(0, new byte[512], source.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task After_a_cancelled_read_the_buffer_is_the_callers_again()
    {
        await using var subject = await OpenAsync();
        var length = Math.Min(subject.Content.Length, 64 * 1024);
        var buffers = Enumerable.Range(0, 64).Select(_ => new byte[length]).ToArray();
        using var source = new CancellationTokenSource();
        var reads = buffers.Select(buffer => Task.Run(async () =>
        {
            try
            {
                await subject.Device.ReadAsync(0, buffer, source.Token);
            }
            catch (OperationCanceledException)
            {
            }

            buffer.AsSpan().Fill(0x5A);
        })).ToArray();
        await source.CancelAsync();
        await Task.WhenAll(reads);

        // The device is still of use, and once it is gone no late read can have written into a buffer.
        var all = new byte[length];
        await subject.Device.ReadAsync(0, all, CancellationToken.None);
        ExpectBytes(all, subject.Content.AsSpan(0, length), 0);
        await subject.Device.DisposeAsync();
        Assert.That(buffers, Has.All.Matches<byte[]>(buffer => !buffer.AsSpan().ContainsAnyExcept((byte)0x5A)));
    }

    [Test]
    public async Task It_can_be_disposed_twice()
    {
        var subject = await OpenAsync();
        await subject.Device.DisposeAsync();
        Assert.That(async () => await subject.DisposeAsync(), Throws.Nothing);
    }

    /// <summary>All runs of a range.</summary>
    protected static async Task<List<BlockRun>> ListAsync(IBlockDevice device, long offset, long length)
    {
        var runs = new List<BlockRun>();
        await foreach (var run in device.RunsAsync(offset, length, CancellationToken.None))
        {
            runs.Add(run);
        }

        return runs;
    }

    /// <summary>Compares without NUnit's cost a byte, and names the first difference.</summary>
    protected static void ExpectBytes(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected, long offset)
    {
        var same = actual.CommonPrefixLength(expected);
        if (same != expected.Length || actual.Length != expected.Length)
        {
            Assert.Fail($"Bytes differ first at {offset + same} (read at {offset}, {expected.Length} bytes).");
        }
    }

    protected static (int Offset, int Length) RandomRange(Random random, int contentLength)
    {
        var offset = random.Next(contentLength);
        var longest = Math.Min(contentLength - offset, random.Next(3) switch { 0 => 600, 1 => 10_000, _ => 300_000 });
        return (offset, random.Next(1, longest + 1));
    }

    static void ExpectRuns(List<BlockRun> runs, long offset, long length, byte[] content)
    {
        var at = offset;
        BlockRunKind? previous = null;
        foreach (var run in runs)
        {
            Assert.That(run.Offset, Is.EqualTo(at), "runs leave no gap");
            Assert.That(run.Length, Is.Positive);
            Assert.That(run.Kind, Is.Not.EqualTo(previous), "neighbours are coalesced");
            if (run.Kind != BlockRunKind.Data && content.AsSpan((int)run.Offset, (int)run.Length).ContainsAnyExcept((byte)0))
            {
                Assert.Fail($"The {run.Kind} run at {run.Offset}, {run.Length} bytes, holds data.");
            }

            at = run.End;
            previous = run.Kind;
        }

        Assert.That(at, Is.EqualTo(offset + length), "runs end where the range ends");
    }
}
