using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Makes the target that a request names.</summary>
static class FileTargets
{
    /// <exception cref="EngineException">The folder cannot be made, or the archive exists.</exception>
    public static IFileTarget Open(FilesGetRequest request) => request switch
    {
        { Kind: FilesTargetKind.Folder } => Folder(request),
        { Output: { } stream } => Archive(request.Kind, stream),
        _ => new ArchiveFile(request.Target, request.Overwrite, stream => Archive(request.Kind, stream)),
    };

    static IFileTarget Folder(FilesGetRequest request)
    {
        try
        {
            Directory.CreateDirectory(request.Target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                new Failure(ReasonCodesOfFiles.NoFolder, request.Target, "make the target folder", exception.Message, "Name a folder that can be written."), exception);
        }

        return OperatingSystem.IsLinux() ? new LinuxFolderTarget(request.Target, request.Overwrite) : new PortableFolderTarget(request.Target, request.Overwrite);
    }

    static IFileTarget Archive(FilesTargetKind kind, Stream stream) => kind == FilesTargetKind.Zip ? new ZipTarget(stream) : new TarTarget(stream);
}
