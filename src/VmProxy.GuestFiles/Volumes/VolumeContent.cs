using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>What a stretch of a disk holds, by its signatures.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name in words for people, such as "an NTFS file system" or "a LUKS volume".</param>
public sealed record VolumeContent(VolumeKind Kind, string Name)
{
    /// <summary>Looks at the signatures.</summary>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static ValueTask<VolumeContent> RecognizeAsync(IBlockDevice volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(new VolumeContent(VolumeKind.Nothing, "nothing that is known"));
    }
}
