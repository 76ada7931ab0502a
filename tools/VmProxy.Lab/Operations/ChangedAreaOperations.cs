using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>QueryChangedDiskAreas.</summary>
internal static class ChangedAreaOperations
{
    const string AllocatedAreas = "*";

    public static void Register(OperationTable table) => table.Add<QueryChangedDiskAreasRequest>("VirtualMachine", Query);

    static object? Query(SoapCall call, QueryChangedDiskAreasRequest request)
    {
        var server = call.Server;
        if (server.Faults.Take(FaultNames.CbtFault) is { } fault)
        {
            throw new LabFault(fault is [var name, ..] ? name : "FileFault", "Error caused by file (injected by the lab)");
        }

        var vm = call.VmOf(request);
        var frozen = Frozen(call, vm, request);
        if (request.StartOffset < 0 || request.StartOffset >= frozen.Capacity)
        {
            throw LabFault.InvalidArgument("startOffset");
        }

        if (server.Faults.Take(FaultNames.CbtNoProgress) is not null)
        {
            return new DiskChangeInfo { StartOffset = request.StartOffset, Length = 0 };
        }

        var most = server.Faults.Take(FaultNames.CbtPartial) is null ? server.Options.ChangedAreasPerAnswer : 1;
        return ChangedAreaLies.Tell(server.Faults, Answer(frozen.Areas(request), request.StartOffset, frozen.Capacity, most), frozen.Capacity);
    }

    /// <summary>An answer that holds no more areas than allowed describes the disk only up to the end of the last one.</summary>
    static DiskChangeInfo Answer(IEnumerable<ByteRange> areas, long start, long capacity, int most)
    {
        var page = areas.Where(area => area.End > start).Take(most + 1).ToList();
        var end = page.Count > most ? page[most - 1].End : capacity;
        return new DiskChangeInfo
        {
            StartOffset = start,
            Length = end - start,
            ChangedArea =
            [
                .. page.Take(most).Select(area => new DiskChangeExtent
                {
                    Start = Math.Max(start, area.Start),
                    Length = area.End - Math.Max(start, area.Start),
                }),
            ],
        };
    }

    static FrozenDisk Frozen(SoapCall call, LabVm vm, QueryChangedDiskAreasRequest request)
    {
        if (request.Snapshot is null)
        {
            return vm.PowerState == "poweredOff" && vm.Disks.Find(disk => disk.Key == request.DeviceKey && disk.InSnapshots) is { } now
                ? new FrozenDisk(now, now.Tree!.Leaf, now.Tracker?.Freeze())
                : throw LabFault.InvalidArgument("snapshot");
        }

        if (call.Server.Objects.Find(request.Snapshot.Value, call.Session) is not SnapshotObject { Snapshot: var snapshot })
        {
            throw new LabFault(
                "ManagedObjectNotFound",
                "The object has already been deleted or has not been completely created",
                ("obj", request.Snapshot));
        }

        if (snapshot.Vm != vm)
        {
            throw LabFault.InvalidArgument("snapshot");
        }

        var disk = snapshot.Disks.FirstOrDefault(disk => disk.Disk.Key == request.DeviceKey) ?? throw LabFault.InvalidArgument("deviceKey");
        return new FrozenDisk(disk.Disk, disk.Layer(snapshot), disk.Changes);
    }

    sealed record FrozenDisk(LabDisk Disk, DiskLayer Layer, FrozenChanges? Changes)
    {
        public long Capacity => Layer.Length;

        public IEnumerable<ByteRange> Areas(QueryChangedDiskAreasRequest request)
        {
            if (Changes is null)
            {
                throw Untracked();
            }

            if (request.ChangeId == AllocatedAreas)
            {
                // Only VMFS knows what is allocated; elsewhere a host names the whole disk.
                return Disk.Datastore.Type == "VMFS"
                    ? Disk.Tree!.Allocated(Layer, ChangeTracker.BlockSize)
                    : [new ByteRange(0, Capacity)];
            }

            var answer = Changes.Since(request.ChangeId, request.StartOffset);
            return answer.Kind switch
            {
                ChangeAnswerKind.Areas => answer.Areas,
                ChangeAnswerKind.ForeignEpoch => throw Untracked(),
                _ => throw LabFault.InvalidArgument("changeId"),
            };
        }

        LabFault Untracked() => new(
            "FileFault",
            $"Error caused by file /vmfs/volumes/{Disk.Datastore.Uuid}/{Layer.Files.DatastorePath.Split("] ", 2)[1]}",
            ("file", Layer.Files.DatastorePath));
    }
}
