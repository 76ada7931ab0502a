using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

[TestFixture("monolithicSparse")]
[TestFixture("streamOptimized")]
sealed class SparseChainConformanceTests(string subformat) : BlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = await SparseChain.CreateAsync(folder, subformat);
        return new ConformanceSubject(
            await VmdkDisk.OpenAsync(folder["two.vmdk"], CancellationToken.None),
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }
}
