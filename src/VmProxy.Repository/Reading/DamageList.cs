using VmProxy.Repository.Index;

namespace VmProxy.Repository.Reading;

/// <summary>
/// The damage that a verification finds, in memory that does not grow with it: neighbours of one cause are one range, words are made at the end, and
/// of very many ranges the first are listed and the others counted.
/// </summary>
internal sealed class DamageList(long length, int chunkSize)
{
    public const int MaxRanges = 1000;
    readonly Lock _lock = new();
    readonly List<Piece> _window = [];
    readonly List<Piece> _listed = [];
    readonly HashSet<(RandomId Pack, uint Offset)> _frames = [];
    Piece? _last;
    long _bytes;
    long _ranges;

    /// <summary>The frames that did not prove themselves.</summary>
    public IReadOnlyCollection<(RandomId Pack, uint Offset)> Frames => _frames;

    /// <summary>Notes chunks in any order; those of an earlier window must not come any more.</summary>
    /// <param name="chunk">The first.</param>
    /// <param name="chunks">How many.</param>
    /// <param name="place">Where they should be; null when <paramref name="what"/> is the whole message.</param>
    /// <param name="what">What is wrong: a string that many share, not one of this chunk.</param>
    /// <param name="frame">The frame that does not prove itself, where it is one.</param>
    public void Add(long chunk, long chunks, ChunkLocation? place, string what, (RandomId Pack, uint Offset)? frame)
    {
        lock (_lock)
        {
            if (frame is { } damaged)
            {
                _frames.Add(damaged);
            }

            var piece = new Piece(chunk, chunks, place?.Pack, place?.Offset ?? 0, what);
            if (_window.Count > 0 && _window[^1].TryJoin(piece) is { } joined)
            {
                _window[^1] = joined;
            }
            else
            {
                _window.Add(piece);
            }
        }
    }

    /// <summary>No damage before the end of this window comes any more.</summary>
    public void EndWindow()
    {
        lock (_lock)
        {
            _window.Sort(static (left, right) => left.Chunk.CompareTo(right.Chunk));
            foreach (var piece in _window)
            {
                _bytes += BytesOf(piece);
                var joined = _last?.TryJoin(piece);
                _last = joined ?? piece;
                if (joined is null && ++_ranges <= MaxRanges)
                {
                    _listed.Add(piece);
                }
                else if (joined is { } longer && _ranges <= MaxRanges)
                {
                    _listed[^1] = longer;
                }
            }

            _window.Clear();
            _window.TrimExcess();
        }
    }

    public VerifyResult ToResult(long chunksRead, long bytesRead) =>
        new(chunksRead, bytesRead, [.. _listed.Select(Range)]) { DamagedBytes = _bytes, MoreRanges = _ranges - _listed.Count };

    DamagedRange Range(Piece piece)
    {
        var offset = piece.Chunk * chunkSize;
        return new DamagedRange(offset, BytesOf(piece), piece.Message);
    }

    long BytesOf(Piece piece) => Math.Min(piece.Chunks * chunkSize, length - (piece.Chunk * chunkSize));

    readonly record struct Piece(long Chunk, long Chunks, PackInfo? Pack, uint Offset, string What)
    {
        public string Message => Pack is null ? What : FrameReader.Damaged(new ChunkLocation(Pack, Offset, 0, 0), What).Message;

        // A missing pack is one cause, however many of its frames are missed.
        public Piece? TryJoin(Piece next) =>
            next.Chunk == Chunk + Chunks && next.What == What && next.Pack?.Header.Id == Pack?.Header.Id && (next.Offset == Offset || What == FrameReader.PackMissing)
                ? this with { Chunks = Chunks + next.Chunks }
                : null;
    }
}
