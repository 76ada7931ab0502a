using VmProxy.Blocks;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;
using VmProxy.Repository;

namespace VmProxy.Engine.Files.Targets;

/// <summary>What the archives have in common.</summary>
static class ArchiveItems
{
    /// <summary>Contents up to this many bytes are read before their entry is begun: one that cannot be read is then left out and breaks nothing.</summary>
    const int ReadBefore = 1 << 20;

    /// <summary>All bytes of a small content; null for a larger one, of which the first bytes can be read.</summary>
    public static async ValueTask<byte[]?> ReadSmallAsync(IBlockDevice content, CancellationToken cancellationToken)
    {
        var bytes = new byte[content.Length > ReadBefore ? 512 : content.Length];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return content.Length > ReadBefore ? null : bytes;
    }

    /// <summary>Whether the guest's disk could not be read, rather than the archive written.</summary>
    public static bool IsReadFailure(Exception exception) => exception is GuestFileException or BlockDeviceException or RepositoryException;

    /// <summary>Whether an entry that was begun broke off by itself: everything but a cancellation, and what the archive's own stream says.</summary>
    public static bool IsOfTheEntry(Exception exception) =>
        IsReadFailure(exception) || !(exception is OperationCanceledException || TargetFaults.IsOfTheTarget(exception));

    /// <summary>An entry that was begun cannot be taken back.</summary>
    public static EngineException Broken(FileItem item, Exception cause) => new(
        new Failure(
            ReasonCodesOfFiles.ArchiveBroken, SafeNames.Printable(item.Path), "write the file into the archive", $"It could not be put to its end: {cause.Message}",
            "The archive is of no use. Restore to a folder, where such a file is left out and named, or leave this one out."),
        cause);
}
