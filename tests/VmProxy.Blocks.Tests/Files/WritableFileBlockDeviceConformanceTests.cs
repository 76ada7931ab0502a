using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

sealed class WritableFileBlockDeviceConformanceTests : WritableBlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = BlockContent.Mixed(1_000_001);
        var file = await WritableFileBlockDevice.CreateAsync(folder["disk"], content.Length);
        await SparseCopy.WriteAsync(file, content);
        return new ConformanceSubject(
            file,
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }
}
