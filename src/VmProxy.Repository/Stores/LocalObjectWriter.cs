using Microsoft.Win32.SafeHandles;
using VmProxy.Blocks;

namespace VmProxy.Repository;

/// <summary>A file in <c>tmp/</c> that becomes an object by a rename. The open file is locked, which tells others that its writer lives.</summary>
internal sealed class LocalObjectWriter : ObjectWriter
{
    // Small objects go through the page cache; what follows the first bytes of a large one, past it.
    const int CachedBytes = 64 * AlignedBufferPool.Alignment;

    readonly string _location;
    readonly string _name;
    readonly string _temporary;
    readonly string _target;
    readonly AlignedBufferPool _buffers;
    readonly SafeFileHandle _file;
    DirectStream? _direct;
    long _cachedUntil = CachedBytes;
    long _length;
    bool _done;

    public LocalObjectWriter(string location, string name, string temporary, string target, AlignedBufferPool buffers)
    {
        _buffers = buffers;
        _location = location;
        _name = name;
        _temporary = temporary;
        _target = target;
        _file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        LocalErrors.GuardedAsync(_location, _name, "be written", async () =>
        {
            var cached = content[..(int)Math.Clamp(_cachedUntil - _length, 0, content.Length)];
            if (!cached.IsEmpty)
            {
                await RandomAccess.WriteAsync(_file, cached, _length, cancellationToken).ConfigureAwait(false);
                _length += cached.Length;
            }

            await WriteDirectAsync(content[cached.Length..], cancellationToken).ConfigureAwait(false);
            return true;
        }).AsVoid();

    public override ValueTask CompleteAsync(CancellationToken cancellationToken) =>
        FinishAsync(
            () =>
            {
                File.Move(_temporary, _target, overwrite: true);
                return _done = true;
            },
            cancellationToken).AsVoid();

    /// <summary>As <see cref="CompleteAsync"/>, but false and nothing changed when the name is taken.</summary>
    public ValueTask<bool> CompleteIfAbsentAsync(CancellationToken cancellationToken) =>
        FinishAsync(() => PosixDirectory.TryLink(_temporary, _target), cancellationToken);

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

    public override async ValueTask DisposeAsync()
    {
        if (_direct is not null)
        {
            await _direct.DisposeAsync().ConfigureAwait(false);
        }

        _file.Dispose();
        if (!_done)
        {
            _done = true;
            try
            {
                File.Delete(_temporary);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Nobody sees it, and it is removed as abandoned; the failure that led here must not be hidden by this one.
            }
        }
    }

    ValueTask<bool> FinishAsync(Func<bool> publish, CancellationToken cancellationToken) =>
        LocalErrors.GuardedAsync(_location, _name, "be completed", async () =>
        {
            if (_direct is not null)
            {
                await _direct.CompleteAsync().ConfigureAwait(false);
            }

            // A sync takes as long as the disk does; the caller has other things to do, and so have the pool's threads.
            return await Task.Factory.StartNew(
                () =>
                {
                    Sync();
                    var isPublished = publish();
                    PosixDirectory.Sync(Path.GetDirectoryName(_target)!);
                    return isPublished;
                },
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        });

    async ValueTask WriteDirectAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.IsEmpty)
        {
            return;
        }

        if (_direct is null && DirectFile.TryOpen(_temporary, FileAccess.ReadWrite) is { } handle)
        {
            _direct = new DirectStream(handle, _file, _length, _buffers);
        }

        if (_direct is null)
        {
            _cachedUntil = long.MaxValue;
            await RandomAccess.WriteAsync(_file, content, _length, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await _direct.WriteAsync(content).ConfigureAwait(false);
        }

        _length += content.Length;
    }

    /// <summary>Makes the content durable, and gives up the lock: a reader that sees the object must be able to open it at once.</summary>
    void Sync()
    {
        if (_direct is { IsComplete: false })
        {
            throw new InvalidOperationException($"'{_name}' is not written to its end.");
        }

        if (_direct is not null)
        {
            RandomAccess.SetLength(_file, _length);
        }

        RandomAccess.FlushToDisk(_file);
        _file.Dispose();
    }
}
