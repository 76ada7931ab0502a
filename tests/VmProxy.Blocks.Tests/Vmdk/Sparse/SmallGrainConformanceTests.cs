using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>Several grain tables, and a directory at the end of the stream.</summary>
[TestFixture(false, 8)]
[TestFixture(false, 16)]
[TestFixture(true, 8)]
[TestFixture(true, 128)]
sealed class SmallGrainConformanceTests(bool compressed, int grainSectors) : BlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var content = BlockContent.Mixed((9 * 1024 * 1024) + 512);
        content.AsSpan(2 << 20, 4 << 20).Clear();
        var image = compressed ? SparseImage.Stream(content, grainSectors) : SparseImage.Plain(content, grainSectors);
        return new ConformanceSubject(await MemoryVmdkFiles.OpenAsync(image.ToArray()), content);
    }
}
