using System.Security.Cryptography;

namespace VmProxy.Lab.Storage;

/// <summary>Whole disks as files and hashes, at the cost of their data and not of their size where that is possible.</summary>
internal static class DiskImage
{
    const int CopySize = 1 << 20;

    /// <summary>Writes the disk as it is under a link into a sparse raw file.</summary>
    public static void Export(DiskTree tree, DiskLayer layer, string path)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, layer.Length);
        var buffer = new byte[CopySize];
        foreach (var range in tree.Allocated(layer, 4096))
        {
            for (var offset = range.Start; offset < range.End; offset += CopySize)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(CopySize, range.End - offset));
                tree.Read(layer, offset, piece);
                if (piece.ContainsAnyExcept((byte)0))
                {
                    RandomAccess.Write(file, piece, offset);
                }
            }
        }
    }

    /// <summary>SHA-256 of the whole disk as it is under a link, lower-case hex.</summary>
    public static string Sha256(DiskTree tree, DiskLayer layer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopySize];
        for (var offset = 0L; offset < layer.Length; offset += CopySize)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(CopySize, layer.Length - offset));
            tree.Read(layer, offset, piece);
            hash.AppendData(piece);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
