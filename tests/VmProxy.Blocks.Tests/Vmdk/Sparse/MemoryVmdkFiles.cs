using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>A folder of one disk in memory.</summary>
sealed class MemoryVmdkFiles(byte[] disk) : IVmdkFiles
{
    public const string Name = "d.vmdk";

    /// <summary>What the file is read through.</summary>
    public Func<IBlockDevice, IBlockDevice> Through { get; init; } = device => device;

    public string? Resolve(string descriptorPath, string reference) => reference;

    public ValueTask<IBlockDevice> OpenAsync(string path, CancellationToken cancellationToken) => path == Name
        ? ValueTask.FromResult(Through(new MemoryBlockDevice(disk)))
        : throw new BlockDeviceException(BlockErrorCodes.NotFound, path, $"'{path}' is not there.");

    public static Task<VmdkDisk> OpenAsync(byte[] disk, Func<IBlockDevice, IBlockDevice>? through = null) => VmdkDisk.OpenAsync(
        Name, new MemoryVmdkFiles(disk) { Through = through ?? (device => device) }, withParents: true, CancellationToken.None);
}
