using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>A directory's bytes in pieces, each with its place on the volume; what the entries are is the file system's business.</summary>
static class DirectoryChunks
{
    const int Size = 64 * 1024;

    /// <summary>Reads stretches of a volume. The memory is valid until the next piece is asked for.</summary>
    public static async IAsyncEnumerable<(long Place, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        GuestReader reader, IEnumerable<ContentPiece> pieces, string subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[Size];
        foreach (var piece in pieces)
        {
            for (long done = 0; done < piece.Length;)
            {
                // Up to the next multiple of the size, since that is how the cache loads.
                var place = piece.Source + done;
                var length = (int)Math.Min(Size - (place % Size), piece.Length - done);
                await reader.ReadAsync(place, buffer.AsMemory(0, length), subject, cancellationToken).ConfigureAwait(false);
                yield return (place, buffer.AsMemory(0, length));
                done += length;
            }
        }
    }
}
