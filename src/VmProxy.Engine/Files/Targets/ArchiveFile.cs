using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>An archive in a file: it has its name only when it is whole.</summary>
sealed class ArchiveFile : IFileTarget
{
    readonly string _path;
    readonly string _temporary;
    readonly bool _overwrite;
    readonly FileStream _stream;
    readonly IFileTarget _archive;

    /// <exception cref="EngineException"><see cref="ReasonCodesOfFiles.Exists"/> or <see cref="ReasonCodesOfFiles.NotWritten"/>.</exception>
    public ArchiveFile(string path, bool overwrite, Func<Stream, IFileTarget> archive)
    {
        (_path, _overwrite) = (Path.GetFullPath(path), overwrite);
        _temporary = Path.Combine(Path.GetDirectoryName(_path) ?? "", $".vmproxy-{Guid.NewGuid():N}.part");
        if (Path.Exists(_path) && !overwrite)
        {
            throw Exists();
        }

        try
        {
            _stream = new FileStream(_temporary, Options());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(exception);
        }

        _archive = archive(_stream);
    }

    public bool HoldsHardLinks => _archive.HoldsHardLinks;

    public bool HoldsAttributes => _archive.HoldsAttributes;

    public async ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        try
        {
            return await _archive.PutAsync(item, remarks, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (TargetFaults.IsOfTheTarget(exception))
        {
            throw NotWritten(exception);
        }
    }

    public async ValueTask CompleteAsync(Action<Failure> remarks, CancellationToken cancellationToken)
    {
        try
        {
            await _archive.CompleteAsync(remarks, cancellationToken).ConfigureAwait(false);
            _stream.Flush(flushToDisk: true);
            await _stream.DisposeAsync().ConfigureAwait(false);
            File.Move(_temporary, _path, _overwrite);
        }
        catch (Exception exception) when (TargetFaults.IsOfTheTarget(exception))
        {
            throw !_overwrite && Path.Exists(_path) ? Exists() : NotWritten(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _archive.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (TargetFaults.IsOfTheTarget(exception))
        {
            // What could not be written is removed.
        }

        File.Delete(_temporary);
    }

    /// <summary>What a guest kept from others stays so: the file is for its owner alone.</summary>
    static FileStreamOptions Options()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 20, Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    EngineException Exists() => new(
        ReasonCodesOfFiles.Exists, _path, "make the archive", "A file of this name is there already.", "Name another one, or replace it with --overwrite.");

    EngineException NotWritten(Exception cause) => new(
        new Failure(ReasonCodesOfFiles.NotWritten, _path, "write the archive", cause.Message, "Look at the folder and its free space; nothing of the archive was kept."), cause);
}
