using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>What qemu-img makes. The last grain is a part of one.</summary>
[TestFixture("monolithicSparse")]
[TestFixture("streamOptimized")]
[TestFixture("twoGbMaxExtentSparse")]
[TestFixture("twoGbMaxExtentFlat")]
sealed class SparseConformanceTests(string subformat) : BlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = BlockContent.Mixed((5 * 1024 * 1024) + (3 * 512));
        content.AsSpan(1_000_000, 700_000).Clear();
        await QemuImg.ConvertAsync(folder, content, subformat, "disk.vmdk");
        return new ConformanceSubject(
            await VmdkDisk.OpenAsync(folder["disk.vmdk"], CancellationToken.None),
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }
}
