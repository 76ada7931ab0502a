using System.Collections;
using VmProxy.Repository.Index;

namespace VmProxy.Repository.Maintenance;

/// <summary>
/// Which records of the index are in use: two bits a record. Of the places where a chunk lies one is chosen, always the same, and the best: not condemned
/// before condemned, and both before one that is known to be damaged.
/// </summary>
internal sealed class LiveRecords
{
    readonly IReadOnlyList<IndexSegment> _segments;
    readonly PackCensus _census;
    readonly Unusable _unusable;
    readonly Func<Marker, bool> _isDue;
    readonly BitArray[] _live;
    readonly BitArray[] _walked;
    readonly HashSet<RandomId> _lost = [];

    public LiveRecords(IReadOnlyList<IndexSegment> segments, PackCensus census, Unusable unusable, Func<Marker, bool> isDue)
    {
        (_segments, _census, _unusable, _isDue) = (segments, census, unusable, isDue);
        _live = [.. segments.Select(segment => new BitArray(segment.Count))];
        _walked = [.. segments.Select(segment => new BitArray(segment.Count))];
    }

    private enum Place
    {
        Good,
        Condemned,
        Due,
        Damaged,
        Missing,
    }

    /// <summary>
    /// Packs that do not exist, as a check has reported, and in which something lay that is used and lies nowhere else. Their records stay, or it would be unknown.
    /// </summary>
    public IReadOnlySet<RandomId> Lost => _lost;

    public bool IsLive(int segment, int record) => _live[segment][record];

    /// <summary>Marks a chunk as used.</summary>
    /// <returns>False when it is nowhere, or only in a pack that does not exist and that no check has reported.</returns>
    public bool TryMark(ChunkId id)
    {
        if (!TryChoose(id, out var segment, out var record))
        {
            return false;
        }

        if (record >= 0)
        {
            _live[segment][record] = true;
        }

        return true;
    }

    /// <summary>Marks a page as used; <paramref name="isNew"/> says whether its references have yet to be walked.</summary>
    public bool TryMarkPage(ChunkId id, out bool isNew)
    {
        isNew = false;
        if (!TryChoose(id, out var segment, out var record) || record < 0)
        {
            return false;
        }

        isNew = !_walked[segment][record];
        _live[segment][record] = true;
        _walked[segment][record] = true;
        return true;
    }

    // A record of -1: every place is gone, and known to be. The damage is reported already and there is nothing to keep.
    bool TryChoose(ChunkId id, out int segment, out int record)
    {
        var best = Place.Missing;
        List<RandomId>? lost = null;
        (segment, record) = (-1, -1);
        for (var i = 0; i < _segments.Count && best != Place.Good; i++)
        {
            if (!_segments[i].TryFindRecord(id, out var at))
            {
                continue;
            }

            for (; at < _segments[i].Count && _segments[i].RecordAt(at) is var entry && entry.Id == id; at++)
            {
                var location = _segments[i].LocationOf(entry);
                var place = PlaceOf(location);
                if (place == Place.Missing && _unusable.DamagedPacks.Contains(location.Pack.Header.Id))
                {
                    (lost ??= []).Add(location.Pack.Header.Id);
                }

                if (place < best)
                {
                    (best, segment, record) = (place, i, at);
                }
            }
        }

        if (best != Place.Missing)
        {
            return true;
        }

        _lost.UnionWith(lost ?? []);
        return lost is not null;
    }

    Place PlaceOf(in ChunkLocation location)
    {
        if (!_census.Packs.TryGetValue(location.Pack.Header.Id, out var pack))
        {
            return Place.Missing;
        }

        if (_unusable.StateOf(location) == LocationState.Damaged)
        {
            return Place.Damaged;
        }

        return pack.CondemnedBy is { } marker ? _isDue(marker) ? Place.Due : Place.Condemned : Place.Good;
    }
}
