using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

[TestFixture(512, true)]
[TestFixture(4096, true)]
[TestFixture(65536, false)]
public sealed class PointDeviceTests(int chunkSize, bool encrypted) : BlockDeviceConformance
{
    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var content = BlockContent.Mixed(1_500_000);
        var passphrase = encrypted ? TestRepository.Passphrase : null;
        var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System), passphrase);
        var (point, _) = await TestRepository.WriteAsync(repository, content, step: 1 << 20, chunkSize: chunkSize);
        return new ConformanceSubject(await repository.OpenDiskAsync(point, TestRepository.DiskKey, default), content, repository.DisposeAsync);
    }
}
