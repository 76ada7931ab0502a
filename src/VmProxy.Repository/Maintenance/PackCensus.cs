using VmProxy.Repository.Index;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Maintenance;

/// <summary>A pack that exists, and how much of it is used. Bytes of chunks are plain bytes, as the index gives them.</summary>
internal sealed class PackUse(string name, long length, DateTimeOffset modified, PackKind kind)
{
    public string Name => name;

    public long Length => length;

    public DateTimeOffset Modified => modified;

    public PackKind Kind => kind;

    /// <summary>True when a segment of the index names it.</summary>
    public bool IsNamed { get; set; }

    /// <summary>The condemned list that it is on, if any.</summary>
    public Marker? CondemnedBy { get; set; }

    public long Bytes { get; set; }

    public long LiveBytes { get; set; }

    public int LiveChunks { get; set; }
}

/// <summary>All packs of the store by id. It is listed after the index: what the index names and this lacks does not exist.</summary>
internal sealed class PackCensus
{
    readonly Dictionary<RandomId, PackUse> _packs = [];

    public IReadOnlyDictionary<RandomId, PackUse> Packs => _packs;

    public static async Task<PackCensus> LoadAsync(IObjectStore store, IEnumerable<Marker> condemned, CancellationToken cancellationToken)
    {
        var census = new PackCensus();
        foreach (var (prefix, kind) in ((string, PackKind)[])[(ObjectNames.DataPacks, PackKind.Data), (ObjectNames.MetadataPacks, PackKind.Metadata)])
        {
            await foreach (var info in store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                // Under another name it is no pack: readers would not find it there.
                if (ObjectNames.TryParse(info.Name, out var id) && info.Name == ObjectNames.Pack(kind, id))
                {
                    census._packs[id] = new PackUse(info.Name, info.Length, info.Modified, kind);
                }
            }
        }

        foreach (var marker in condemned)
        {
            foreach (var name in marker.Condemned!.Packs)
            {
                if (ObjectNames.TryParse(name, out var id) && census._packs.TryGetValue(id, out var pack))
                {
                    pack.CondemnedBy ??= marker;
                }
            }
        }

        return census;
    }

    /// <summary>Counts, by one pass over all records, what of each pack is used.</summary>
    public void Count(IReadOnlyList<IndexSegment> segments, LiveRecords live)
    {
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            PackUse?[] packs = [.. segment.Packs.Select(pack => _packs.GetValueOrDefault(pack.Header.Id))];
            foreach (var pack in packs.OfType<PackUse>())
            {
                pack.IsNamed = true;
            }

            for (var record = 0; record < segment.Count; record++)
            {
                var entry = segment.RecordAt(record);
                if (packs[entry.Pack] is { } pack)
                {
                    pack.Bytes += entry.ChunkLength;
                    if (live.IsLive(i, record))
                    {
                        pack.LiveBytes += entry.ChunkLength;
                        pack.LiveChunks++;
                    }
                }
            }
        }
    }
}
