using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Views;

[Parallelizable]
sealed class OwnershipTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_wrapper_disposes_only_what_it_owns(bool owns)
    {
        Func<IBlockDevice, IBlockDevice>[] wrappers =
        [
            inner => new SliceBlockDevice(inner, 0, 512, owns),
            inner => new WritableSliceBlockDevice((IWritableBlockDevice)inner, 0, 512, owns),
            inner => new ReadOnlyView(inner, owns),
            inner => new CountingBlockDevice(inner, owns),
            inner => new CachedBlockDevice(inner, owns),
        ];
        foreach (var wrap in wrappers)
        {
            var inner = new MemoryBlockDevice(1024);
            var wrapper = wrap(inner);
            await wrapper.DisposeAsync();
            Assert.That(inner.IsDisposed, Is.EqualTo(owns), wrapper.GetType().Name);
        }
    }

    [Test]
    public async Task A_read_only_view_offers_no_way_to_write()
    {
        await using var view = new ReadOnlyView(new MemoryBlockDevice(512), ownsInner: true);
        Assert.That(view, Is.Not.InstanceOf<IWritableBlockDevice>());
    }

    [Test]
    public async Task Counting_counts_delivered_bytes_only()
    {
        await using var counting = new CountingBlockDevice(new MemoryBlockDevice(1024), ownsInner: true);
        await counting.ReadAsync(0, new byte[100], CancellationToken.None);
        await counting.ReadAsync(1000, new byte[24], CancellationToken.None);
        Assert.That(async () => await counting.ReadAsync(1000, new byte[25], CancellationToken.None), Throws.Exception);
        Assert.That((counting.BytesRead, counting.Reads), Is.EqualTo((124L, 3L)));
    }
}
