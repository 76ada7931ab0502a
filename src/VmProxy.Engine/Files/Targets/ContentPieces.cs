using System.Buffers;
using VmProxy.Blocks;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Reads a content from its beginning to its end, some reads ahead of whoever takes the pieces.</summary>
static class ContentPieces
{
    /// <summary>Bytes of a piece: two of a repository's frames, and so many that handing it over costs nothing beside copying it.</summary>
    const int PieceSize = 2 << 20;

    const int MostAhead = 4;

    /// <summary>Hands over the pieces in order, one at a time; their memory is valid until the call returns.</summary>
    /// <param name="content">What to read.</param>
    /// <param name="skipsHoles">Whether stretches that read as zeros are left out; otherwise they come as zeros.</param>
    /// <param name="take">Takes a piece: its offset and bytes.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task ReadAsync(
        IBlockDevice content, bool skipsHoles, Func<long, ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancellationToken)
    {
        var ahead = Math.Clamp(content.MaxInFlight, 1, MostAhead);
        var reads = new Queue<Piece>(ahead);
        try
        {
            await foreach (var run in content.RunsAsync(0, content.Length, cancellationToken).ConfigureAwait(false))
            {
                if (skipsHoles && run.Kind != BlockRunKind.Data)
                {
                    continue;
                }

                for (var offset = run.Offset; offset < run.End; offset += PieceSize)
                {
                    if (reads.Count == ahead)
                    {
                        await HandOverAsync(reads.Dequeue(), take).ConfigureAwait(false);
                    }

                    reads.Enqueue(Begin(content, offset, (int)Math.Min(PieceSize, run.End - offset), cancellationToken));
                }
            }

            while (reads.TryDequeue(out var piece))
            {
                await HandOverAsync(piece, take).ConfigureAwait(false);
            }
        }
        finally
        {
            while (reads.TryDequeue(out var piece))
            {
                // A buffer goes back only when nothing writes to it any more.
                await piece.Read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ArrayPool<byte>.Shared.Return(piece.Buffer);
            }
        }
    }

    static Piece Begin(IBlockDevice content, long offset, int length, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        return new Piece(offset, length, buffer, content.ReadAsync(offset, buffer.AsMemory(0, length), cancellationToken).AsTask());
    }

    static async ValueTask HandOverAsync(Piece piece, Func<long, ReadOnlyMemory<byte>, ValueTask> take)
    {
        try
        {
            await piece.Read.ConfigureAwait(false);
            await take(piece.Offset, piece.Buffer.AsMemory(0, piece.Length)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece.Buffer);
        }
    }

    readonly record struct Piece(long Offset, int Length, byte[] Buffer, Task Read);
}
