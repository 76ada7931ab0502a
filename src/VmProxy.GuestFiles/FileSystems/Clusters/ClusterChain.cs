using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>The clusters of one file, as stretches of neighbours.</summary>
sealed class ClusterChain(ClusterHeap heap)
{
    /// <summary>64 MiB of memory; a file in more pieces is one that was made to do harm.</summary>
    const int MaxStretches = 8 * 1024 * 1024;

    readonly List<(uint Index, uint Cluster)> _stretches = [];

    /// <summary>How many clusters.</summary>
    public long Clusters { get; private set; }

    /// <summary>What ended the chain before its time, or null.</summary>
    public GuestProblem? Problem { get; set; }

    /// <summary>How many bytes its clusters hold.</summary>
    public long Length => Clusters * heap.ClusterSize;

    /// <summary>The stretches in bytes.</summary>
    public IEnumerable<ContentPiece> Pieces => Enumerable.Range(0, _stretches.Count).Select(Piece);

    /// <summary>Adds neighbours at the end.</summary>
    /// <exception cref="GuestFileException">There are too many stretches.</exception>
    public void Add(uint cluster, long count)
    {
        if (count == 0)
        {
            return;
        }

        if (_stretches.Count == 0 || _stretches[^1].Cluster + (Clusters - _stretches[^1].Index) != cluster)
        {
            if (_stretches.Count == MaxStretches)
            {
                throw GuestFileException.Unsupported(heap.Subject, $"A file on {heap.Subject} lies in more than {MaxStretches} pieces.");
            }

            _stretches.Add(((uint)Clusters, cluster));
        }

        Clusters += count;
    }

    /// <summary>The stretch that holds a byte, which lies inside.</summary>
    public ContentPiece At(long offset)
    {
        var index = (uint)(offset / heap.ClusterSize);
        var (low, high) = (0, _stretches.Count - 1);
        var stretches = CollectionsMarshal.AsSpan(_stretches);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = stretches[middle].Index <= index ? (middle, high) : (low, middle - 1);
        }

        return Piece(low);
    }

    ContentPiece Piece(int number)
    {
        var (index, cluster) = _stretches[number];
        var end = number + 1 < _stretches.Count ? _stretches[number + 1].Index : Clusters;
        return new ContentPiece((long)index * heap.ClusterSize, (end - index) * heap.ClusterSize, heap.Place(cluster));
    }
}
