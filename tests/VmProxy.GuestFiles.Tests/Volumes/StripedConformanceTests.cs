using VmProxy.Blocks;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class StripedConformanceTests : BlockDeviceConformance
{
    const int Stripe = 4096;
    const int Stripes = 3;

    protected override Task<ConformanceSubject> OpenAsync()
    {
        var content = BlockContent.Mixed(Stripe * Stripes * 50);
        var parts = Enumerable.Range(0, Stripes).Select(part => (IBlockDevice)new MemoryBlockDevice(
            [.. content.Chunk(Stripe).Where((_, stripe) => stripe % Stripes == part).SelectMany(bytes => bytes)])).ToList();
        return Task.FromResult(new ConformanceSubject(new StripedBlockDevice(parts, Stripe), content));
    }
}
