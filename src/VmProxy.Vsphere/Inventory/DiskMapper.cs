namespace VmProxy.Vsphere;

/// <summary>One disk of the wire in the words of backup.</summary>
static class DiskMapper
{
    // Longer than any chain that vSphere makes; a server that sends more, or a ring, must not hang the reader.
    const int MaximumChain = 512;

    public static VirtualDisk Map(Vim.VirtualDisk disk, IReadOnlyDictionary<int, DiskController> controllers)
    {
        var controller = disk.ControllerKey is { } key ? controllers.GetValueOrDefault(key) : null;
        var mapped = new VirtualDisk
        {
            Key = disk.Key,
            Label = disk.DeviceInfo?.Label ?? $"disk {disk.Key}",
            ControllerKey = disk.ControllerKey,
            ControllerType = controller?.TypeName ?? "",
            BusNumber = controller?.BusNumber ?? 0,
            SharedBus = controller?.SharedBus ?? false,
            UnitNumber = disk.UnitNumber,
            CapacityBytes = disk.CapacityInBytes is > 0 and { } bytes ? bytes : disk.CapacityInKB * 1024,
        };
        return disk.Backing is null ? mapped : WithBacking(mapped, disk.Backing);
    }

    static VirtualDisk WithBacking(VirtualDisk disk, Vim.VirtualDeviceBackingInfo backing)
    {
        if (backing.UnknownTypeName is { } unknown)
        {
            return disk with
            {
                BackingTypeName = unknown,
                FileName = (backing as Vim.VirtualDeviceFileBackingInfo)?.FileName ?? "",
                UnknownBackingXml = backing.Raw?.ToString(),
            };
        }

        disk = disk with
        {
            BackingTypeName = backing.TypeName,
            FileName = (backing as Vim.VirtualDeviceFileBackingInfo)?.FileName ?? "",
            DatastoreId = (backing as Vim.VirtualDeviceFileBackingInfo)?.Datastore?.ToId(),
        };
        return backing switch
        {
            Vim.VirtualDiskFlatVer2BackingInfo flat => disk with
            {
                BackingKind = DiskBackingKind.Flat,
                DiskMode = flat.DiskMode,
                Sharing = flat.Sharing,
                Thin = flat.ThinProvisioned,
                Uuid = flat.Uuid,
                ContentId = flat.ContentId,
                ChangeId = flat.ChangeId,
                DeltaFormat = flat.DeltaDiskFormat,
                Encryption = EncryptionKey.Of(flat.KeyId),
                ParentChain = Chain(flat.Parent, parent => parent.Parent),
            },
            Vim.VirtualDiskSeSparseBackingInfo sparse => disk with
            {
                BackingKind = DiskBackingKind.SeSparse,
                DiskMode = sparse.DiskMode,
                Uuid = sparse.Uuid,
                ContentId = sparse.ContentId,
                ChangeId = sparse.ChangeId,
                Encryption = EncryptionKey.Of(sparse.KeyId),
                ParentChain = Chain(sparse.Parent, parent => parent.Parent),
            },
            Vim.VirtualDiskSparseVer2BackingInfo sparse => disk with
            {
                BackingKind = DiskBackingKind.SparseVer2,
                DiskMode = sparse.DiskMode,
                Uuid = sparse.Uuid,
                ContentId = sparse.ContentId,
                ChangeId = sparse.ChangeId,
                Encryption = EncryptionKey.Of(sparse.KeyId),
                ParentChain = Chain(sparse.Parent, parent => parent.Parent),
            },
            Vim.VirtualDiskRawDiskMappingVer1BackingInfo mapping => disk with
            {
                // What is not said to be virtual is treated as physical: a snapshot then does not hold it.
                BackingKind = mapping.CompatibilityMode == "virtualMode" ? DiskBackingKind.RdmVirtual : DiskBackingKind.RdmPhysical,
                DiskMode = mapping.DiskMode ?? "",
                Sharing = mapping.Sharing,
                Uuid = mapping.Uuid,
                ContentId = mapping.ContentId,
                ChangeId = mapping.ChangeId,
                LunUuid = mapping.LunUuid,
                ParentChain = Chain(mapping.Parent, parent => parent.Parent),
            },
            Vim.VirtualDiskLocalPMemBackingInfo pmem => disk with
            {
                BackingKind = DiskBackingKind.LocalPmem,
                DiskMode = pmem.DiskMode,
                Uuid = pmem.Uuid,
                ContentId = pmem.ContentId,
            },
            _ => disk with { UnknownBackingXml = backing.Raw?.ToString() },
        };
    }

    static string[] Chain<T>(T? parent, Func<T, T?> next) where T : Vim.VirtualDeviceFileBackingInfo
    {
        List<string> files = [];
        for (; parent is not null && files.Count < MaximumChain; parent = next(parent))
        {
            files.Add(parent.FileName);
        }

        return [.. files];
    }
}
