using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

/// <summary>A flat base, a frozen delta and a delta that is written: the shape of a VM that runs on two snapshots.</summary>
sealed class VmdkDeltaConformanceTests : WritableBlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = await TestChain.CreateAsync(folder, 5 * 1024 * 1024);
        return new ConformanceSubject(
            await WritableVmdkDisk.OpenWritableAsync(folder["vm-000002.vmdk"], CancellationToken.None),
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }
}
