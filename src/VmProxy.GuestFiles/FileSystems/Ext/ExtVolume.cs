using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>What every part of the reader needs: the superblock, the cache to read metadata through, the groups and the inodes.</summary>
sealed class ExtVolume : IAsyncDisposable
{
    ExtVolume(IBlockDevice device, ExtSuperblock superblock, string name)
    {
        Device = device;
        Superblock = superblock;
        Name = name;
        Reader = new GuestReader(device);
        Groups = new ExtGroups(this);
        Inodes = new ExtInodes(this);
    }

    /// <summary>Where contents are read.</summary>
    public IBlockDevice Device { get; }

    public ExtSuperblock Superblock { get; }

    /// <summary>Blocks that are there: what the superblock tells is foreign, and the device can be shorter.</summary>
    public long Blocks => Math.Min(Superblock.BlockCount, Device.Length / Superblock.BlockSize);

    /// <summary>How the volume is called in errors.</summary>
    public string Name { get; }

    public GuestReader Reader { get; }

    public ExtGroups Groups { get; }

    public ExtInodes Inodes { get; }

    /// <summary>What a fast commit changed, or null.</summary>
    public ExtFastCommits? FastCommits { get; set; }

    public static async ValueTask<ExtVolume> OpenAsync(
        IBlockDevice device, ExtSuperblock superblock, string name, CancellationToken cancellationToken)
    {
        var volume = new ExtVolume(device, superblock, name);
        try
        {
            await volume.Groups.LoadAsync(cancellationToken).ConfigureAwait(false);
            return volume;
        }
        catch
        {
            await volume.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The error of a structure that cannot be right.</summary>
    public GuestFileException Damaged(string subject, string what) =>
        GuestFileException.Damaged(subject, $"{char.ToUpperInvariant(subject[0])}{subject[1..]} of {Name} {what}.");

    /// <summary>Reads a block; a number outside of the file system is the error of who pointed there.</summary>
    public async ValueTask<byte[]> ReadBlockAsync(long block, string subject, string what, CancellationToken cancellationToken)
    {
        if (block <= 0 || block >= Superblock.BlockCount)
        {
            throw Damaged(subject, $"has its {what} at block {block}, outside of the file system's {Superblock.BlockCount} blocks");
        }

        return await Reader.ReadAsync(block * Superblock.BlockSize, Superblock.BlockSize, $"{what} of {subject}", cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Inodes.DisposeAsync().ConfigureAwait(false);
        await Reader.DisposeAsync().ConfigureAwait(false);
    }
}
