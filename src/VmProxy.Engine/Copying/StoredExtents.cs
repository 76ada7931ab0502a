using VmProxy.Vsphere;

namespace VmProxy.Engine.Copying;

/// <summary>What of a disk is stored so far; safe from many threads.</summary>
sealed class StoredExtents
{
    readonly Lock _gate = new();
    readonly List<ByteRange> _stored = [];

    public void Add(ByteRange range)
    {
        lock (_gate)
        {
            _stored.Add(range);
        }
    }

    /// <summary>What is left of the areas. Both are whole chunks, so what is left is too, and nothing is stored twice.</summary>
    public IReadOnlyList<ByteRange> RestOf(IEnumerable<ByteRange> areas, int chunkSize, long diskLength)
    {
        IReadOnlyList<ByteRange> stored;
        lock (_gate)
        {
            stored = ByteRange.Normalize(_stored, diskLength);
        }

        List<ByteRange> rest = [];
        foreach (var area in ReadWindows.AlignToChunks(areas, chunkSize, diskLength))
        {
            var from = area.Offset;
            foreach (var done in stored.Where(done => done.End > area.Offset && done.Offset < area.End))
            {
                if (done.Offset > from)
                {
                    rest.Add(new ByteRange(from, done.Offset - from));
                }

                from = Math.Max(from, done.End);
            }

            if (from < area.End)
            {
                rest.Add(new ByteRange(from, area.End - from));
            }
        }

        return rest;
    }
}
