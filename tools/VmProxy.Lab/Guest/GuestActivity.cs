using VmProxy.Lab.Model;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Guest;

/// <summary>What runs inside the VMs: writes that go the way of a guest's writes, through redo log and change tracking.</summary>
internal sealed class GuestActivity(string scratchFolder)
{
    const int CompareSize = 1 << 20;
    const int FileSystemBlock = 4096;

    /// <summary>Writes bytes to a disk.</summary>
    public static async Task WriteAsync(LabVm vm, LabDisk disk, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await vm.Stun.WaitAsync(cancellationToken);
        try
        {
            Write(vm, () => Write(disk, offset, data.Span));
        }
        finally
        {
            vm.Stun.Release();
        }
    }

    /// <summary>Writes a stretch of pseudo-random bytes.</summary>
    public static async Task WriteAsync(LabVm vm, LabDisk disk, LabDataOptions data, CancellationToken cancellationToken)
    {
        await vm.Stun.WaitAsync(cancellationToken);
        try
        {
            Write(vm, () => RandomData.Write(data, (offset, bytes) => Write(disk, offset, bytes)));
        }
        finally
        {
            vm.Stun.Release();
        }
    }

    /// <summary>
    /// Changes the disk's ext4 file system with debugfs commands. They run on a copy; the blocks that differ after that are
    /// what the guest wrote. Returns the bytes written.
    /// </summary>
    public async Task<long> ChangeFilesAsync(LabVm vm, LabDisk disk, string commands, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(scratchFolder);
        var scratch = Path.Combine(scratchFolder, $"{vm.Name}-{disk.Key}-{Guid.NewGuid():N}.raw");
        await vm.Stun.WaitAsync(cancellationToken);
        try
        {
            DiskImage.Export(disk.Tree!, disk.Tree!.Leaf, scratch);
            await Ext4.ChangeAsync(scratch, commands, cancellationToken);
            return WriteDifferences(disk, scratch);
        }
        finally
        {
            vm.Stun.Release();
            File.Delete(scratch);
        }
    }

    static long WriteDifferences(LabDisk disk, string scratch)
    {
        using var file = File.OpenHandle(scratch);
        var (before, after) = (new byte[CompareSize], new byte[CompareSize]);
        var written = 0L;
        foreach (var range in ByteRange.Union(SparseFile.DataRanges(file).Select(range => range.Align(FileSystemBlock, disk.Tree!.Length))))
        {
            for (var offset = range.Start; offset < range.End; offset += CompareSize)
            {
                var length = (int)Math.Min(CompareSize, range.End - offset);
                disk.Tree!.Read(offset, before.AsSpan(0, length));
                SparseFile.Fill(file, offset, after.AsSpan(0, length));
                for (var block = 0; block < length; block += FileSystemBlock)
                {
                    var count = Math.Min(FileSystemBlock, length - block);
                    if (!before.AsSpan(block, count).SequenceEqual(after.AsSpan(block, count)))
                    {
                        Write(disk, offset + block, after.AsSpan(block, count));
                        written += count;
                    }
                }
            }
        }

        return written;
    }

    /// <summary>A host stops a VM whose write finds no room, and asks what to do.</summary>
    static void Write(LabVm vm, Action write)
    {
        try
        {
            write();
            vm.AsksForRoom = false;
        }
        catch (DatastoreFullException)
        {
            vm.Stopped++;
            vm.AsksForRoom = true;
            throw;
        }
    }

    static void Write(LabDisk disk, long offset, ReadOnlySpan<byte> data)
    {
        var length = data.Length;
        disk.Tree!.Write(offset, data, () => disk.Tracker?.Mark(offset, length));
    }
}
