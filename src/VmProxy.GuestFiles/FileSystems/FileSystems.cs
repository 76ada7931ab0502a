using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>Opens whichever file system a volume holds.</summary>
public static class FileSystems
{
    /// <summary>Recognises and opens a file system.</summary>
    /// <param name="volume">A partition, logical volume or whole disk. It stays the caller's and must outlive the file system.</param>
    /// <param name="name">How the volume is called in errors.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="GuestFileException">There is none, it is of a kind that is not read (the message names it), or it is damaged beyond opening.</exception>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static async ValueTask<IGuestFileSystem> OpenAsync(IBlockDevice volume, string name, CancellationToken cancellationToken)
    {
        var content = await VolumeContent.RecognizeAsync(volume, cancellationToken).ConfigureAwait(false);
        return await OpenAsync(volume, name, content, cancellationToken).ConfigureAwait(false);
    }

    internal static async ValueTask<IGuestFileSystem> OpenAsync(IBlockDevice volume, string name, VolumeContent content, CancellationToken cancellationToken) =>
        content.Kind switch
        {
            VolumeKind.Fat => await FatFileSystem.OpenAsync(volume, name, cancellationToken).ConfigureAwait(false),
            VolumeKind.ExFat => await ExFatFileSystem.OpenAsync(volume, name, cancellationToken).ConfigureAwait(false),
            VolumeKind.Ext => await ExtFileSystem.OpenAsync(volume, name, cancellationToken).ConfigureAwait(false),
            VolumeKind.Xfs => await XfsFileSystem.OpenAsync(volume, name, cancellationToken).ConfigureAwait(false),
            VolumeKind.Ntfs => await NtfsFileSystem.OpenAsync(volume, name, cancellationToken).ConfigureAwait(false),
            _ => throw NotRead(name, content).ToException(),
        };

    /// <summary>Why a volume with that content has no file system to open.</summary>
    internal static GuestProblem NotRead(string name, VolumeContent content) => new(
        content.Kind == VolumeKind.Encrypted ? GuestFileErrorCodes.Encrypted : GuestFileErrorCodes.Unsupported,
        name,
        content.Kind == VolumeKind.Nothing ? $"The volume {name} holds no file system that is known." : $"The volume {name} holds {content.Name}, which is not read.");
}
