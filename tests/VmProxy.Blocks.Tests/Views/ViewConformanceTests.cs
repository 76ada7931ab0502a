using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Views;

[TestFixtureSource(nameof(Views))]
sealed class ViewConformanceTests(string name, Func<byte[], IBlockDevice> make) : BlockDeviceConformance
{
    public static IEnumerable<TestFixtureData> Views()
    {
        yield return Fixture("slice", content => new SliceBlockDevice(
            new MemoryBlockDevice([1, 2, 3, .. content, 4, 5]), 3, content.Length, ownsInner: true));
        yield return Fixture("read-only", content => new ReadOnlyView(new MemoryBlockDevice(content), ownsInner: true));
        yield return Fixture("counting", content => new CountingBlockDevice(new MemoryBlockDevice(content), ownsInner: true));
        yield return Fixture("cached", content => new CachedBlockDevice(new MemoryBlockDevice(content), ownsInner: true, 5000, 60_000));
        yield return Fixture("cache of one block", content => new CachedBlockDevice(new MemoryBlockDevice(content), true, 4096, 1));
        yield return Fixture("joined", content => new ConcatenatedBlockDevice(
            [Part(content, 0, 100_000), Part(content, 100_000, 0), Part(content, 100_000, 1), Part(content, 100_001, content.Length - 100_001)]));
        yield return Fixture("zeros", content =>
        {
            content.AsSpan().Clear();
            return new ZeroBlockDevice(content.Length);
        });
    }

    public override string ToString() => name;

    protected override Task<ConformanceSubject> OpenAsync()
    {
        var content = BlockContent.Mixed(700_001);
        return Task.FromResult(new ConformanceSubject(make(content), content));
    }

    static TestFixtureData Fixture(string name, Func<byte[], IBlockDevice> make) => new TestFixtureData(name, make).SetArgDisplayNames(name);

    static MemoryBlockDevice Part(byte[] content, int start, int length) => new(content.AsSpan(start, length).ToArray());
}
