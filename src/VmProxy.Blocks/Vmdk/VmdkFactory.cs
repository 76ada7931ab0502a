namespace VmProxy.Blocks.Vmdk;

/// <summary>Makes new disks as a host does: a flat disk, and a delta over an existing one.</summary>
public static class VmdkFactory
{
    /// <summary>Creates NAME.vmdk and NAME-flat.vmdk: a thin disk that reads as zeros.</summary>
    /// <param name="descriptorPath">The descriptor; its name must end in .vmdk. Existing files are refused.</param>
    /// <param name="length">Size of the disk in bytes, whole sectors.</param>
    /// <param name="diskDatabase">The disk data base (adapterType, uuid, …), keys without "ddb.".</param>
    /// <param name="cancellationToken">Cancels the creation.</param>
    /// <exception cref="BlockDeviceException">A file exists or cannot be written.</exception>
    public static async Task<VmdkDescriptor> CreateFlatAsync(
        string descriptorPath,
        long length,
        IReadOnlyList<KeyValuePair<string, string>> diskDatabase,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % VmdkDescriptor.SectorSize, 0, nameof(length));
        ThrowIfExists(descriptorPath);
        var extentPath = ExtentPath(descriptorPath, "-flat");
        await using (await WritableFileBlockDevice.CreateAsync(extentPath, length, cancellationToken: cancellationToken)
            .ConfigureAwait(false))
        {
        }

        var extent = new VmdkExtent(
            VmdkExtentAccess.ReadWrite, length / VmdkDescriptor.SectorSize, VmdkExtent.Vmfs, Path.GetFileName(extentPath));
        var descriptor = new VmdkDescriptor
        {
            Cid = VmdkDescriptor.NewCid(), CreateType = "vmfs", Extents = [extent], DiskDatabase = diskDatabase,
        };
        await descriptor.WriteAsync(descriptorPath, cancellationToken).ConfigureAwait(false);
        return descriptor;
    }

    /// <summary>Creates NAME.vmdk and NAME-delta.vmdk over a parent, which must not be written from then on.</summary>
    /// <param name="descriptorPath">The new descriptor; its name must end in .vmdk. Existing files are refused.</param>
    /// <param name="parentPath">The parent's descriptor, in the same folder.</param>
    /// <param name="cancellationToken">Cancels the creation.</param>
    /// <exception cref="BlockDeviceException">A file exists or cannot be written, or the parent cannot be read.</exception>
    public static async Task<VmdkDescriptor> CreateDeltaAsync(
        string descriptorPath, string parentPath, CancellationToken cancellationToken)
    {
        ThrowIfExists(descriptorPath);
        var parent = await VmdkDescriptor.ReadAsync(parentPath, cancellationToken).ConfigureAwait(false);
        var extentPath = ExtentPath(descriptorPath, "-delta");
        await using (var delta = await WritableCowdExtent.CreateAsync(extentPath, parent.Length, parent: null, cancellationToken)
            .ConfigureAwait(false))
        {
            await delta.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        var extent = new VmdkExtent(
            VmdkExtentAccess.ReadWrite, parent.Length / VmdkDescriptor.SectorSize, VmdkExtent.VmfsSparse, Path.GetFileName(extentPath));
        var descriptor = new VmdkDescriptor
        {
            Cid = parent.Cid,
            ParentCid = parent.Cid,
            CreateType = "vmfsSparse",
            ParentFileNameHint = Path.GetFileName(parentPath),
            Extents = [extent],
        };
        await descriptor.WriteAsync(descriptorPath, cancellationToken).ConfigureAwait(false);
        return descriptor;
    }

    static void ThrowIfExists(string descriptorPath)
    {
        if (File.Exists(descriptorPath))
        {
            throw new BlockDeviceException(
                BlockErrorCodes.Exists, descriptorPath, $"Disk '{descriptorPath}' exists already. Choose another name.");
        }
    }

    static string ExtentPath(string descriptorPath, string suffix)
    {
        const string Extension = ".vmdk";
        return descriptorPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)
            ? descriptorPath[..^Extension.Length] + suffix + Extension
            : throw new ArgumentException($"The name of a descriptor ends in {Extension}.", nameof(descriptorPath));
    }
}
