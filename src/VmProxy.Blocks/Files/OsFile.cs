using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Blocks.Files;

/// <summary>An open file or block device with blocking calls. All methods may be called from many threads at once.</summary>
sealed class OsFile(
    string path, SafeFileHandle handle, long length, int sectorSize, bool isBlockDevice, bool direct, BulkWriter? bulk = null) : IDisposable
{
    bool _directoryIsDirty;
    bool _holesUnknown = isBlockDevice || !OperatingSystem.IsLinux();

    public string Path => path;

    public long Length => Volatile.Read(ref length);

    public int SectorSize => sectorSize;

    public bool IsBlockDevice => isBlockDevice;

    public bool Direct => direct;

    /// <summary>Admits writes up to <paramref name="newLength"/>; the writes themselves make the file longer.</summary>
    public void ExtendTo(long newLength) => Volatile.Write(ref length, Math.Max(Length, newLength));

    /// <summary>The file is new, so the first flush also makes its name durable.</summary>
    public void MarkCreated() => _directoryIsDirty = true;

    public unsafe void Read(long offset, Span<byte> buffer, IoScratch scratch)
    {
        try
        {
            fixed (byte* pinned = buffer)
            {
                while (!buffer.IsEmpty)
                {
                    var read = direct ? ReadDirect(offset, buffer, scratch) : RandomAccess.Read(handle, buffer, offset);
                    if (read <= 0)
                    {
                        throw new BlockDeviceException(
                            BlockErrorCodes.ReadFailed,
                            path,
                            $"'{path}' ends at {offset}, but was {Length} bytes long when it was opened. Something cut it off: check what writes to it.");
                    }

                    buffer = buffer[read..];
                    offset += read;
                }
            }
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not BlockDeviceException)
        {
            throw new BlockDeviceException(
                BlockErrorCodes.ReadFailed,
                path,
                $"Reading {buffer.Length} bytes at {offset} of '{path}' failed: {exception.Message} Check the device and its paths.",
                exception);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> data, IoScratch scratch)
    {
        try
        {
            var written = bulk?.Write(offset, data, scratch) ?? default;
            RandomAccess.Write(handle, data[..written.Start.Value], offset);
            RandomAccess.Write(handle, data[written.End.Value..], offset + written.End.Value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OsFileErrors.Write(path, $"Writing {data.Length} bytes at {offset} of '{path}'", exception);
        }
    }

    /// <summary>Punches a hole where the file system can, else writes zeros.</summary>
    public void Zero(long offset, long count, IoScratch scratch)
    {
        if (count == 0 || (OperatingSystem.IsLinux() && LinuxCalls.PunchHole(handle, offset, count) == 0))
        {
            return;
        }

        var zeros = scratch.Span;
        zeros.Clear();
        while (count > 0)
        {
            var piece = (int)Math.Min(count, zeros.Length);
            Write(offset, zeros[..piece], scratch);
            offset += piece;
            count -= piece;
        }
    }

    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
            if (_directoryIsDirty && OperatingSystem.IsLinux())
            {
                FlushName();
                _directoryIsDirty = false;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OsFileErrors.Write(path, $"Flushing '{path}' to stable storage", exception);
        }
    }

    // A folder may be writable and not readable, or have been renamed. Its file system can be synced through the file all the same.
    [SupportedOSPlatform("linux")]
    void FlushName()
    {
        using var directory = LinuxCalls.Open(System.IO.Path.GetDirectoryName(path)!, LinuxCalls.ReadOnly, out var error);
        if (error == 0)
        {
            RandomAccess.FlushToDisk(directory);
        }
        else if (LinuxCalls.SyncFileSystem(handle) is var failure and not 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(failure), failure);
        }
    }

    /// <summary>The run that starts at <paramref name="offset"/>, at most <paramref name="count"/> bytes long.</summary>
    public BlockRun FindRun(long offset, long count)
    {
        if (_holesUnknown || !OperatingSystem.IsLinux())
        {
            return new BlockRun(offset, count, BlockRunKind.Data);
        }

        var end = offset + count;
        var data = LinuxCalls.Seek(handle, offset, LinuxCalls.SeekData, out var error);
        if (error == LinuxErrors.NoSuchDeviceOrAddress)
        {
            // No data up to the end of the file. A file that was cut off since is caught here: what it lacks is not known to be zero.
            var known = Math.Min(end, LinuxCalls.Seek(handle, 0, LinuxCalls.SeekEnd, out _));
            return known > offset
                ? new BlockRun(offset, known - offset, BlockRunKind.Hole)
                : new BlockRun(offset, count, BlockRunKind.Data);
        }

        if (error != 0)
        {
            _holesUnknown = true;
            return new BlockRun(offset, count, BlockRunKind.Data);
        }

        if (data > offset)
        {
            return new BlockRun(offset, Math.Min(data, end) - offset, BlockRunKind.Hole);
        }

        var hole = LinuxCalls.Seek(handle, offset, LinuxCalls.SeekHole, out error);
        return new BlockRun(offset, (error == 0 && hole > offset ? Math.Min(hole, end) : end) - offset, BlockRunKind.Data);
    }

    public void Dispose()
    {
        bulk?.Dispose();
        handle.Dispose();
    }

    /// <summary>Reads straight into the caller's memory where it is aligned, else through the thread's own aligned buffer.</summary>
    unsafe int ReadDirect(long offset, Span<byte> buffer, IoScratch scratch)
    {
        const int Mask = AlignedBuffer.Alignment - 1;
        var address = (long)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
        if (buffer.Length > Mask && ((offset | address) & Mask) == 0)
        {
            return RandomAccess.Read(handle, buffer[..(buffer.Length & ~Mask)], offset);
        }

        var start = offset & ~Mask;
        var skip = (int)(offset - start);
        var wanted = Math.Min(scratch.Span.Length, (int)Math.Min((skip + (long)buffer.Length + Mask) & ~Mask, int.MaxValue));
        var read = RandomAccess.Read(handle, scratch.Span[..wanted], start) - skip;
        if (read <= 0)
        {
            return 0;
        }

        var usable = Math.Min(read, buffer.Length);
        scratch.Span.Slice(skip, usable).CopyTo(buffer);
        return usable;
    }
}
