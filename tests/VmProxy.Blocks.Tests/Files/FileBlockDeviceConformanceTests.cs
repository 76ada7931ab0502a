using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

[TestFixture(FileCaching.Buffered)]
[TestFixture(FileCaching.Direct)]
sealed class FileBlockDeviceConformanceTests(FileCaching caching) : BlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = BlockContent.Mixed(1_000_001);
        await using (var file = await WritableFileBlockDevice.CreateAsync(folder["disk"], content.Length))
        {
            await SparseCopy.WriteAsync(file, content);
        }

        return new ConformanceSubject(
            await FileBlockDevice.OpenAsync(folder["disk"], caching),
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }
}
