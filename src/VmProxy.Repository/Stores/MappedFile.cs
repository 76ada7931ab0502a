using System.IO.MemoryMappedFiles;

namespace VmProxy.Repository;

/// <summary>A file mapped read-only: its pages belong to the page cache, not to us.</summary>
internal sealed unsafe class MappedFile : ObjectView
{
    readonly MemoryMappedFile? _file;
    readonly MemoryMappedViewAccessor? _view;
    readonly byte* _start;
    readonly int _length;
    bool _disposed;

    public MappedFile(string name, string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var length = stream.Length;
        _length = length <= int.MaxValue
            ? (int)length
            : throw RepositoryException.Damaged(name, $"It has {length} bytes where at most {int.MaxValue} are possible.");
        if (_length == 0)
        {
            return; // an empty file cannot be mapped
        }

        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, _length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public override ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new ReadOnlySpan<byte>(_start, _length);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed || !disposing)
        {
            return;
        }

        _disposed = true;
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }
    }
}
