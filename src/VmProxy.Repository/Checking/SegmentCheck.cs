using System.Buffers;
using VmProxy.Repository.Index;

namespace VmProxy.Repository.Checking;

/// <summary>Proves an index segment, block by block.</summary>
internal sealed class SegmentCheck(IObjectStore store, StoreReader reader, byte[] key, DamageBook book)
{
    const int PieceLength = 1 << 20;
    const string Advice = "'vmproxy repo check --rebuild-index' makes it again from the packs.";

    public async Task RunAsync(ObjectInfo info, CancellationToken cancellationToken)
    {
        if (!await CanBeReadAsync(info, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            // A mapping of its own: the index's may have proved its parts long ago.
            var view = await store.MapAsync(info.Name, cancellationToken).ConfigureAwait(false);
            using var _ = view;
            using var segment = IndexSegment.Open(info.Name, view, key);
            foreach (var (offset, length) in segment.DamagedParts())
            {
                book.Add(CheckCodes.Segment, info.Name, offset, length, $"A part of the index segment is not what was written. {Advice}");
            }
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
        {
            book.Add(CheckCodes.Segment, info.Name, 0, info.Length, $"The index segment is not what was written. {Advice}");
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.NotFound)
        {
            // Merged into another one meanwhile.
        }
    }

    /// <summary>Reads it once by ordinary reads: a bad sector would end the program where it is touched through a mapping.</summary>
    async ValueTask<bool> CanBeReadAsync(ObjectInfo info, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (var position = 0L; position < info.Length; position += PieceLength)
            {
                var piece = buffer.AsMemory(0, (int)Math.Min(PieceLength, info.Length - position));
                switch (await reader.ReadAsync(info.Name, position, piece, cancellationToken).ConfigureAwait(false))
                {
                    case ReadOutcome.Gone:
                        return false;
                    case ReadOutcome.Unreadable:
                        book.Add(CheckCodes.Unreadable, info.Name, position, piece.Length, $"The store cannot read these bytes. {Advice}");
                        return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
