using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Views;

[Parallelizable]
sealed class CachedBlockDeviceTests
{
    const int Block = 4096;

    [Test]
    public async Task Neighbouring_small_reads_cost_one()
    {
        var counting = new CountingBlockDevice(new MemoryBlockDevice(BlockContent.Mixed(1 << 20)), ownsInner: true);
        await using var cached = new CachedBlockDevice(counting, ownsInner: true, Block, 16 * Block);
        for (var i = 0; i < Block; i += 16)
        {
            await cached.ReadAsync(i, new byte[16], CancellationToken.None);
        }

        Assert.That(counting.Reads, Is.EqualTo(1));
    }

    [Test]
    public async Task It_keeps_what_was_used_last_and_no_more_than_its_capacity()
    {
        var counting = new CountingBlockDevice(new MemoryBlockDevice(1 << 20), ownsInner: true);
        await using var cached = new CachedBlockDevice(counting, ownsInner: true, Block, 2 * Block);
        foreach (var block in new[] { 0, 1, 0, 2, 0, 1 })
        {
            await cached.ReadAsync(block * Block, new byte[1], CancellationToken.None);
        }

        Assert.That(counting.Reads, Is.EqualTo(4), "0 stays, 1 gives way to 2 and comes again");
    }

    [Test]
    public async Task A_large_read_passes_by()
    {
        var counting = new CountingBlockDevice(new MemoryBlockDevice(1 << 20), ownsInner: true);
        await using var cached = new CachedBlockDevice(counting, ownsInner: true, Block, 8 * Block);
        await cached.ReadAsync(1, new byte[4 * Block], CancellationToken.None);
        Assert.That(counting.Reads, Is.EqualTo(1));
    }

    [Test]
    public async Task A_reader_that_gives_up_does_not_fail_the_others()
    {
        var gate = new GatedBlockDevice(BlockContent.Mixed(Block));
        await using var cached = new CachedBlockDevice(gate, ownsInner: true, Block, Block);
        using var source = new CancellationTokenSource();
        var first = cached.ReadAsync(0, new byte[16], source.Token).AsTask();
        var buffer = new byte[16];
        var second = cached.ReadAsync(0, buffer, CancellationToken.None).AsTask();
        await source.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        gate.Open(null);
        await second;
        Assert.That(buffer, Is.EqualTo(gate.Content[..16]));
        Assert.That(gate.Reads, Is.EqualTo(1));
    }

    [Test]
    public async Task A_failed_load_fails_its_readers_and_is_tried_again()
    {
        var gate = new GatedBlockDevice(BlockContent.Mixed(Block));
        await using var cached = new CachedBlockDevice(gate, ownsInner: true, Block, Block);
        var read = cached.ReadAsync(0, new byte[16], CancellationToken.None).AsTask();
        gate.Open(new BlockDeviceException(BlockErrorCodes.ReadFailed, "gate", "no"));
        Assert.That(async () => await read, Throws.InstanceOf<BlockDeviceException>());
        gate.Open(null);
        await cached.ReadAsync(0, new byte[16], CancellationToken.None);
        Assert.That(gate.Reads, Is.EqualTo(2));
    }
}
