using System.Buffers;
using System.Buffers.Binary;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A file that the Windows overlay filter compressed (compact.exe /exe, CompactOS): chunks in the stream WofCompressedData, behind a table of where each but the first
/// begins. A chunk that is as long as what it holds is kept as it is.
/// </summary>
sealed class WofContent : UnitContent
{
    /// <summary>The stream that holds the chunks.</summary>
    public const string StreamName = "WofCompressedData";

    const int BlockSize = 128 * 1024;

    readonly CachedBlockDevice _compressed;
    readonly WofAlgorithm _algorithm;
    readonly int _chunkSize;
    readonly int _entrySize;
    readonly long _chunks;
    readonly string _subject;

    WofContent(CachedBlockDevice compressed, long length, WofAlgorithm algorithm, int chunkSize, string subject)
        : base(compressed, length, chunkSize)
    {
        (_compressed, _algorithm, _chunkSize, _subject) = (compressed, algorithm, chunkSize, subject);
        _chunks = (length / chunkSize) + (length % chunkSize == 0 ? 0 : 1);
        _entrySize = length > uint.MaxValue ? 8 : 4;
    }

    /// <summary>Opens it.</summary>
    /// <param name="compressed">The stream of the chunks; it is owned.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="algorithm">How it is compressed.</param>
    /// <param name="subject">The file, for errors.</param>
    public static WofContent Open(IBlockDevice compressed, long length, WofAlgorithm algorithm, string subject) =>
        new(new CachedBlockDevice(compressed, ownsInner: true, BlockSize, BlockSize * 8), length, algorithm, ChunkSize(algorithm), subject);

    public override async ValueTask DisposeAsync()
    {
        await _compressed.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override async ValueTask LoadAsync(long unit, Memory<byte> target, CancellationToken cancellationToken)
    {
        var table = (_chunks - 1) * _entrySize;
        var start = unit == 0 ? 0 : await ReadEntryAsync(unit - 1, cancellationToken).ConfigureAwait(false);
        var end = unit == _chunks - 1 ? _compressed.Length - table : await ReadEntryAsync(unit, cancellationToken).ConfigureAwait(false);
        if (start < 0 || end <= start || end - start > target.Length || end > _compressed.Length - table)
        {
            throw Damaged(unit);
        }

        var length = (int)(end - start);
        if (length == target.Length)
        {
            await _compressed.ReadAsync(table + start, target, cancellationToken).ConfigureAwait(false);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await _compressed.ReadAsync(table + start, rented.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            var isSound = _algorithm == WofAlgorithm.Lzx
                ? new Lzx().TryDecompress(rented.AsSpan(0, length), target.Span)
                : new XpressHuffman().TryDecompress(rented.AsSpan(0, length), target.Span);
            if (!isSound)
            {
                throw Damaged(unit);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    static int ChunkSize(WofAlgorithm algorithm) => algorithm switch
    {
        WofAlgorithm.Xpress4K => 4096,
        WofAlgorithm.Xpress8K => 8192,
        WofAlgorithm.Xpress16K => 16384,
        _ => 32768,
    };

    async ValueTask<long> ReadEntryAsync(long index, CancellationToken cancellationToken)
    {
        var entry = new byte[8];
        if ((index + 1) * _entrySize > _compressed.Length)
        {
            throw Damaged(index + 1);
        }

        await _compressed.ReadAsync(index * _entrySize, entry.AsMemory(0, _entrySize), cancellationToken).ConfigureAwait(false);
        return BinaryPrimitives.ReadInt64LittleEndian(entry);
    }

    GuestFileException Damaged(long chunk) => GuestFileException.Damaged(_subject, $"The compressed chunk {chunk} of {_subject} (WOF, {_algorithm}) is damaged.");
}
