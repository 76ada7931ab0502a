using Microsoft.Win32.SafeHandles;

namespace VmProxy.Repository;

/// <summary>A file in <c>tmp/</c> that becomes an object by a rename. The open file is locked, which tells others that its writer lives.</summary>
internal sealed class LocalObjectWriter : ObjectWriter
{
    readonly string _location;
    readonly string _name;
    readonly string _temporary;
    readonly string _target;
    readonly SafeFileHandle _file;
    long _length;
    bool _done;

    public LocalObjectWriter(string location, string name, string temporary, string target)
    {
        _location = location;
        _name = name;
        _temporary = temporary;
        _target = target;
        _file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        LocalErrors.GuardedAsync(_location, _name, "be written", async () =>
        {
            await RandomAccess.WriteAsync(_file, content, _length, cancellationToken).ConfigureAwait(false);
            _length += content.Length;
            return true;
        }).AsVoid();

    public override ValueTask CompleteAsync(CancellationToken cancellationToken) =>
        LocalErrors.GuardedAsync(_location, _name, "be completed", async () =>
        {
            // A sync takes as long as the disk does; the caller has other things to do.
            await Task.Run(
                () =>
                {
                    Sync();
                    File.Move(_temporary, _target, overwrite: true);
                    _done = true;
                    PosixDirectory.Sync(Path.GetDirectoryName(_target)!);
                },
                cancellationToken).ConfigureAwait(false);
            return true;
        }).AsVoid();

    /// <summary>As <see cref="CompleteAsync"/>, but false and nothing changed when the name is taken.</summary>
    public bool CompleteIfAbsent()
    {
        try
        {
            Sync();
            var linked = PosixDirectory.TryLink(_temporary, _target);
            PosixDirectory.Sync(Path.GetDirectoryName(_target)!);
            return linked;
        }
        catch (IOException error)
        {
            throw LocalErrors.Translate(_location, _name, "be completed", error);
        }
    }

    /// <summary>Removes a temporary file unless a living writer holds it.</summary>
    public static bool TryRemove(string temporary)
    {
        try
        {
            using var mine = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(temporary);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _file.Dispose();
        if (!_done)
        {
            _done = true;
            File.Delete(_temporary);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the content durable, and gives up the lock: a reader that sees the object must be able to open it at once.</summary>
    void Sync()
    {
        RandomAccess.FlushToDisk(_file);
        _file.Dispose();
    }
}
