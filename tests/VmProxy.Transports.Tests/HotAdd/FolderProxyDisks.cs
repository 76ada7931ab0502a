using VmProxy.Testing;
using VmProxy.Transports.HotAdd;
using VmProxy.Vsphere;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>
/// A vCenter of one call each, for failures that no real one can be made to show: attaching puts a file into the device folder. What a real
/// conversation looks like is tested against the lab.
/// </summary>
sealed class FolderProxyDisks(string folder, RecordingJournal? journal = null) : IProxyDisks
{
    readonly Dictionary<string, int> _attached = [];

    public byte[] Content { get; } = BlockContent.Mixed(1 << 20);

    /// <summary>What happens instead of the device appearing.</summary>
    public Func<string, Task>? Appear { get; set; }

    public VsphereException? AttachFailure { get; set; }

    public VsphereException? DetachFailure { get; set; }

    /// <summary>The disk is attached although the call fails.</summary>
    public bool AttachesAllTheSame { get; set; }

    public IReadOnlyCollection<string> Attached => _attached.Keys;

    /// <summary>Where the disk is attached.</summary>
    public AttachedDisk Place { get; set; } = new(2016, "ParaVirtualSCSIController", 0, 3, null, "");

    /// <summary>Turns wait for this.</summary>
    public Task TurnComes { get; set; } = Task.CompletedTask;

    public async Task<IProxyTurn> TakeTurnAsync(ObjectId proxyVm, CancellationToken cancellationToken)
    {
        await TurnComes.WaitAsync(cancellationToken);
        return new Turn(this);
    }

    async Task<AttachedDisk> AttachAsync(SnapshotDiskRequest request)
    {
        journal?.Note("attach");
        if (AttachFailure is null || AttachesAllTheSame)
        {
            _attached.Add(request.Disk.FileName, 2016);
        }

        if (AttachFailure is not null)
        {
            throw AttachFailure;
        }

        var path = Path.Combine(folder, "wwn-0x" + request.Disk.Uuid!.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant());
        await (Appear ?? (device => File.WriteAllBytesAsync(device, Content, CancellationToken.None)))(path);
        return Place with { FileName = request.Disk.FileName };
    }

    Task DetachAsync(string fileName)
    {
        journal?.Note("detach");
        if (DetachFailure is not null)
        {
            throw DetachFailure;
        }

        _attached.Remove(fileName);
        foreach (var device in Directory.GetFiles(folder))
        {
            File.Delete(device);
        }

        return Task.CompletedTask;
    }

    public Task<bool> IsAttachedAsync(ObjectId proxyVm, string fileName, CancellationToken cancellationToken) =>
        Task.FromResult(_attached.ContainsKey(fileName));

    sealed class Turn(FolderProxyDisks disks) : IProxyTurn
    {
        public Task<AttachedDisk> AttachAsync(SnapshotDiskRequest request, CancellationToken cancellationToken) => disks.AttachAsync(request);

        public Task DetachAsync(int deviceKey, string fileName, CancellationToken cancellationToken) => disks.DetachAsync(fileName);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
