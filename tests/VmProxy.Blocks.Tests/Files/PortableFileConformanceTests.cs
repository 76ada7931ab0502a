using VmProxy.Blocks.Files;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

/// <summary>What other systems than Linux use, tested here all the same.</summary>
sealed class PortableFileConformanceTests : BlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = BlockContent.Mixed(1_000_001);
        await File.WriteAllBytesAsync(folder["disk"], content);
        return new ConformanceSubject(
            new FileBlockDevice(OsFileOpener.OpenPortable(folder["disk"], FileAccess.Read), FileBlockDevice.DefaultMaxInFlight),
            content,
            () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
    }

    [Test]
    public void What_cannot_be_opened_is_named()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => OsFileOpener.OpenPortable(folder["no"], FileAccess.Read),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.NotFound));
    }
}
