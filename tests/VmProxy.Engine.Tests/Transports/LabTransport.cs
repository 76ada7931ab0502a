using VmProxy.Blocks;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.LabTesting;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests.Transports;

/// <summary>A second transport, which reads what the lab says that the snapshot froze, and fails as it is told.</summary>
sealed class LabTransport(LabBench bench, string name = "lab") : IDiskTransport
{
    public string Name => name;

    /// <summary>What speaks against it.</summary>
    public TransportReason[] Reasons { get; init; } = [];

    public bool NeedsProof { get; init; }

    /// <summary>It cannot open a disk.</summary>
    public bool FailsToOpen { get; init; }

    /// <summary>Its reads fail from this byte of the disk on; those before it are delivered.</summary>
    public long FailsFrom { get; init; } = long.MaxValue;

    /// <summary>It delivers other bytes than the snapshot's from this one on.</summary>
    public long LiesFrom { get; init; } = long.MaxValue;

    /// <summary>Its devices are so long, whatever the disk is; null for the disk's length.</summary>
    public long? Length { get; init; }

    /// <summary>Disks that are open now.</summary>
    public int Open { get; private set; }

    public TransportVerdict Judge(VirtualMachine vm, VirtualDisk disk) => TransportVerdict.From(name, Reasons) with { NeedsProof = NeedsProof };

    public Task<OpenedDisk> OpenAsync(SnapshotDiskRequest request, CancellationToken cancellationToken)
    {
        if (FailsToOpen)
        {
            throw new TransportException("LAB_REFUSED", request.DisplayName, "opening it", "it was told to.", "");
        }

        Open++;
        return Task.FromResult(new OpenedDisk(new Device(this, bench, request), name, () =>
        {
            Open--;
            return ValueTask.CompletedTask;
        }));
    }

    sealed class Device(LabTransport transport, LabBench bench, SnapshotDiskRequest request) : IBlockDevice
    {
        readonly int _disk = request.Vm.Disks.Select(disk => disk.Key).ToList().IndexOf(request.Disk.Key);

        public long Length => transport.Length ?? request.Disk.CapacityBytes;

        public int SectorSize => 512;

        public int PreferredReadSize => 1 << 20;

        public int MaxInFlight => 4;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            if (offset + buffer.Length > transport.FailsFrom)
            {
                throw new BlockDeviceException(BlockErrorCodes.ReadFailed, request.DisplayName, "The connection broke.");
            }

            bench.Lab.Control.ReadSnapshotDisk(request.Vm.Name, request.Snapshot.Value, _disk, offset, buffer.Length).CopyTo(buffer);
            if (offset + buffer.Length > transport.LiesFrom)
            {
                buffer.Span[^1] ^= 1;
            }

            return ValueTask.CompletedTask;
        }

        public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
            BlockRunExtensions.Single(offset, length, BlockRunKind.Data);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>The transports of the configuration and others, in an order of the test's.</summary>
sealed class MoreTransports(IReadOnlyList<string> order, params IDiskTransport[] more) : ITransportSource
{
    readonly ConfiguredTransports _configured = new();

    public IReadOnlyCollection<IDiskTransport> Create(ProxySession session, OpenedVcenter vcenter, Inventory inventory, IChangeJournal journal) =>
        [.. _configured.Create(session, vcenter, inventory, journal), .. more];

    public IReadOnlyList<string> Order(TransportSettings settings) => order;
}
