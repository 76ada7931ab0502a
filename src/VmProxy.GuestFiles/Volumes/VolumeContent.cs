using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>What a stretch of a disk holds, by its signatures.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name in words for people, such as "an NTFS file system" or "a LUKS volume".</param>
public sealed record VolumeContent(VolumeKind Kind, string Name)
{
    internal static VolumeContent Nothing { get; } = new(VolumeKind.Nothing, "nothing that is known");

    /// <summary>Whether it is a file system that is read.</summary>
    public bool IsFileSystem => Kind is VolumeKind.Ext or VolumeKind.Xfs or VolumeKind.Ntfs or VolumeKind.Fat or VolumeKind.ExFat;

    /// <summary>Looks at the signatures.</summary>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static async ValueTask<VolumeContent> RecognizeAsync(IBlockDevice volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var probe = await VolumeProbe.ReadAsync(volume, cancellationToken).ConfigureAwait(false);
        return await Signatures.RecognizeAsync(probe, cancellationToken).ConfigureAwait(false);
    }
}
