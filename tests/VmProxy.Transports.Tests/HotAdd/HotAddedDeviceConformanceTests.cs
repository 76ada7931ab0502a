using VmProxy.Testing;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>A hot-added disk is a block device like any other: a frozen base, and the middle of a chain.</summary>
[TestFixture(1)]
[TestFixture(2)]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
[NonParallelizable]
sealed class HotAddedDeviceConformanceTests(int snapshots) : BlockDeviceConformance
{
    LabHotAdd? _lab;

    [OneTimeSetUp]
    public async Task StartLab() => _lab = await LabHotAdd.StartAsync(snapshots);

    [OneTimeTearDown]
    public async Task StopLab()
    {
        if (_lab is not null)
        {
            await _lab.DisposeAsync();
        }
    }

    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var disk = await _lab!.Transport.OpenAsync(_lab.Requests[0], CancellationToken.None);
        return new ConformanceSubject(disk.Device, _lab.Content(0), disk.DisposeAsync);
    }
}
