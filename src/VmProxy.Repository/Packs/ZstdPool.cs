using System.Collections.Concurrent;
using ZstdSharp;

namespace VmProxy.Repository.Packs;

/// <summary>Compressors are large and not for several threads at once; this keeps as many as ever worked side by side.</summary>
internal sealed class ZstdPool(int level) : IDisposable
{
    readonly ConcurrentBag<Compressor> _compressors = [];
    readonly ConcurrentBag<Decompressor> _decompressors = [];

    /// <summary>Compressed length, or 0 when the result would not be smaller than the input.</summary>
    public int Compress(ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        if (!_compressors.TryTake(out var compressor))
        {
            compressor = new Compressor(level);
        }

        try
        {
            return compressor.TryWrap(plain, destination[..(plain.Length - 1)], out var written) ? written : 0;
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
            return decompressor.TryUnwrap(compressed, plain, out var written) && written == plain.Length;
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
    }
}
