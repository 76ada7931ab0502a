using System.Collections.Concurrent;
using ZstdNet;

namespace VmProxy.Repository.Packs;

/// <summary>Compressors are large and not for several threads at once; this keeps as many as ever worked side by side.</summary>
internal sealed class ZstdPool(int level) : IDisposable
{
    readonly CompressionOptions _options = new(level);
    readonly ConcurrentBag<Compressor> _compressors = [];
    readonly ConcurrentBag<Decompressor> _decompressors = [];

    /// <summary>Room for the result of compressing any <paramref name="length"/> bytes.</summary>
    public static int Bound(int length) => Compressor.GetCompressBound(length);

    /// <summary>Compressed length, or 0 when the result would not be smaller than the input.</summary>
    /// <param name="plain">At least two bytes.</param>
    /// <param name="destination">Room for <see cref="Bound"/>; a shorter one serves too, yet a result that does not fit into it is costly.</param>
    public int Compress(ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        if (level == 0)
        {
            return 0; // simulations do without
        }

        if (!_compressors.TryTake(out var compressor))
        {
            compressor = new Compressor(_options);
        }

        try
        {
            var length = compressor.Wrap(plain, destination);
            return length < plain.Length ? length : 0;
        }
        catch (ZstdException error) when (error.Code == ZSTD_ErrorCode.ZSTD_error_dstSize_tooSmall)
        {
            return 0;
        }
        finally
        {
            _compressors.Add(compressor);
        }
    }

    /// <summary>False when the input is not a zstd frame of exactly the destination's length.</summary>
    public bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> plain)
    {
        if (!_decompressors.TryTake(out var decompressor))
        {
            decompressor = new Decompressor();
        }

        try
        {
            return decompressor.Unwrap(compressed, plain) == plain.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
        finally
        {
            _decompressors.Add(decompressor);
        }
    }

    public void Dispose()
    {
        while (_compressors.TryTake(out var compressor))
        {
            compressor.Dispose();
        }

        while (_decompressors.TryTake(out var decompressor))
        {
            decompressor.Dispose();
        }

        _options.Dispose();
    }
}
