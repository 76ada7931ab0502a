using System.Buffers;
using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// An attribute that NTFS compresses. A unit of clusters is a hole when it is zeros, wholly there when it is kept as it is, and otherwise compressed, with a hole
/// at its end that tells so.
/// </summary>
sealed class NtfsCompressedContent : UnitContent
{
    const int MaxUnit = 2 * 1024 * 1024;

    readonly IBlockDevice _device;
    readonly NtfsStream _stream;
    readonly int _clusterSize;
    readonly string _subject;

    NtfsCompressedContent(IBlockDevice device, int clusterSize, NtfsStream stream, string subject)
        : base(device, stream.Size, clusterSize * stream.UnitClusters)
    {
        (_device, _clusterSize, _stream, _subject) = (device, clusterSize, stream, subject);
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="GuestFileException">Its units are larger than any that Windows makes.</exception>
    public static NtfsCompressedContent Open(IBlockDevice device, int clusterSize, NtfsStream stream, string subject) =>
        (long)stream.UnitClusters * clusterSize > MaxUnit
            ? throw GuestFileException.Unsupported(subject, $"The content of {subject} is compressed in units of {stream.UnitClusters} clusters, which is not read.")
            : new NtfsCompressedContent(device, clusterSize, stream, subject);

    public override IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return UnitsAsync(offset, offset + length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    protected override async ValueTask LoadAsync(long unit, Memory<byte> target, CancellationToken cancellationToken)
    {
        var clusters = DataClusters(unit, out var isWhole);
        if (clusters == 0)
        {
            target.Span.Clear();
        }
        else if (isWhole)
        {
            await ReadClustersAsync(unit, target, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await DecompressAsync(unit, clusters, target, cancellationToken).ConfigureAwait(false);
        }

        var written = _stream.Initialized - (unit * _clusterSize * _stream.UnitClusters);
        if (written < target.Length)
        {
            target.Span[(int)Math.Max(0, written)..].Clear();
        }
    }

    async ValueTask DecompressAsync(long unit, int clusters, Memory<byte> target, CancellationToken cancellationToken)
    {
        var rented = ArrayPool<byte>.Shared.Rent(clusters * _clusterSize);
        try
        {
            var source = rented.AsMemory(0, clusters * _clusterSize);
            await ReadClustersAsync(unit, source, cancellationToken).ConfigureAwait(false);
            if (!Lznt1.TryDecompress(source.Span, target.Span))
            {
                throw GuestFileException.Damaged(_subject, $"The compressed unit {unit} of {_subject} (LZNT1) is damaged.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    async IAsyncEnumerable<BlockRun> UnitsAsync(long offset, long end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var unitSize = (long)_clusterSize * _stream.UnitClusters;
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var vcn = offset / unitSize * _stream.UnitClusters;
            var run = _stream.Runs.At(vcn);
            // A long hole is told at once.
            var isHole = DataClusters(offset / unitSize, out _) == 0;
            var unitEnd = Math.Max((offset / unitSize * unitSize) + unitSize, isHole ? run.End / _stream.UnitClusters * unitSize : 0);
            var part = Math.Min(end, unitEnd) - offset;
            yield return new BlockRun(offset, part, isHole ? BlockRunKind.Hole : BlockRunKind.Data);
            offset += part;
        }
    }

    /// <summary>How many clusters at the beginning of a unit are there.</summary>
    int DataClusters(long unit, out bool isWhole)
    {
        var start = unit * _stream.UnitClusters;
        var end = Math.Min(start + _stream.UnitClusters, _stream.Runs.Clusters);
        var vcn = start;
        var index = _stream.Runs.IndexOf(start);
        for (; vcn < end && _stream.Runs.Runs[index].Lcn != NtfsRun.Hole; index++)
        {
            vcn = Math.Min(end, _stream.Runs.Runs[index].End);
        }

        isWhole = vcn == end;
        return (int)(vcn - start);
    }

    async ValueTask ReadClustersAsync(long unit, Memory<byte> target, CancellationToken cancellationToken)
    {
        var vcn = unit * _stream.UnitClusters;
        while (!target.IsEmpty)
        {
            var run = _stream.Runs.At(vcn);
            var part = target[..(int)Math.Min(target.Length, (run.End - vcn) * _clusterSize)];
            var from = (run.Lcn + vcn - run.Vcn) * _clusterSize;
            if (from > _device.Length - part.Length)
            {
                throw GuestFileException.Damaged(_subject, $"The compressed unit {unit} of {_subject} lies outside of the volume's {_device.Length} bytes.");
            }

            await _device.ReadAsync(from, part, cancellationToken).ConfigureAwait(false);
            target = target[part.Length..];
            vcn = run.End;
        }
    }
}
