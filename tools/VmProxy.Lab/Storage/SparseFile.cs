using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Lab.Storage;

/// <summary>What .NET lacks for sparse files: where their data are, and hard links.</summary>
internal static partial class SparseFile
{
    const int SeekData = 3;
    const int SeekHole = 4;

    /// <summary>The stretches of a file that hold data, as the file system knows them.</summary>
    public static IEnumerable<ByteRange> DataRanges(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        for (var position = 0L; position < length;)
        {
            var start = Seek(file, position, SeekData);
            if (start < 0)
            {
                yield break;
            }

            var end = Seek(file, start, SeekHole);
            yield return new ByteRange(start, end - start);
            position = end;
        }
    }

    /// <summary>The bytes of a file that hold data.</summary>
    public static long Allocated(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return DataRanges(file).Sum(range => range.Length);
    }

    /// <summary>Fills the buffer; what lies beyond the end of the file is zeros.</summary>
    public static void Fill(SafeFileHandle file, long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
            {
                buffer.Clear();
                return;
            }

            buffer = buffer[read..];
            offset += read;
        }
    }

    /// <summary>Gives a file a second name; false where the file system cannot (another volume, no permission).</summary>
    public static bool TryLink(string existing, string name) => Link(existing, name) == 0;

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string existing, string name);
}
