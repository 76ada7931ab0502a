using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// Where guest files are put: a folder or an archive. Items come depth first, a directory before what it holds. Whatever the guest calls its files, nothing is written
/// outside of the target, and nothing that was there before is changed unless the target was told so.
/// </summary>
interface IFileTarget : IAsyncDisposable
{
    /// <summary>Whether a further name of a file that was put can be made as a hard link (<see cref="FileItem.SameAs"/>).</summary>
    bool HoldsHardLinks { get; }

    /// <summary>Whether extended attributes can be kept; where not, they are not read.</summary>
    bool HoldsAttributes { get; }

    /// <summary>Puts one item, or says why it does not. Problems that the item survived are told to <paramref name="remarks"/>.</summary>
    /// <exception cref="EngineException">Nothing more can be put.</exception>
    /// <exception cref="GuestFiles.GuestFileException">The content could not be read, and nothing of it was kept; likewise the exceptions of disk and repository.</exception>
    ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken);

    /// <summary>Ends it: without this an archive is no archive. Not called when the work was given up.</summary>
    ValueTask CompleteAsync(Action<Failure> remarks, CancellationToken cancellationToken);
}
