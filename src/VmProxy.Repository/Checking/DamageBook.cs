using System.Collections.Frozen;
using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;

namespace VmProxy.Repository.Checking;

/// <summary>Collects what a check finds, For many threads at once.</summary>
internal sealed class DamageBook
{
    readonly Lock _lock = new();
    readonly Dictionary<(string Object, long Offset), Entry> _entries = [];
    readonly HashSet<RandomId> _missingPacks = [];
    readonly HashSet<(RandomId Pack, uint Offset)> _frames = [];

    public void Add(string code, string name, long offset, long length, string message, bool losesData = false)
    {
        lock (_lock)
        {
            _entries.TryAdd((name, offset), new Entry(code, name, offset, length, message, losesData));
        }
    }

    public void AddFrame(RandomId pack, string name, long offset, long length, string message)
    {
        lock (_lock)
        {
            _frames.Add((pack, (uint)offset));
            _entries.TryAdd((name, offset), new Entry(CheckCodes.Frame, name, offset, length, message, false));
        }
    }

    /// <param name="pack">The pack.</param>
    /// <param name="name">Its object's name.</param>
    /// <param name="isExpected">A prune is deleting it, or an earlier check has reported it: only what points still need of it is worth a word.</param>
    public void AddMissingPack(RandomId pack, string name, bool isExpected)
    {
        lock (_lock)
        {
            _missingPacks.Add(pack);
            _entries.TryAdd((name, 0), new Entry(CheckCodes.PackMissing, name, 0, 0, "The pack does not exist, but the index names it.", false) { OnlyIfUsed = isExpected });
        }
    }

    /// <summary>Notes that a disk's range lies in a place that is damaged.</summary>
    public void AddUse(ChunkLocation location, DiskOfPoint disk, DiskRange range)
    {
        var name = location.Pack.Header.ObjectName;
        lock (_lock)
        {
            var isMissing = _missingPacks.Contains(location.Pack.Header.Id);
            var key = (name, isMissing ? 0 : (long)location.Offset);
            if (!_entries.TryGetValue(key, out var entry))
            {
                entry = _entries[key] = new Entry(CheckCodes.Frame, name, location.Offset, location.Length, "An earlier check found the frame damaged.", false);
            }

            entry.Use(disk, range);
        }
    }

    /// <summary>Notes that a disk's range is hit by something that has no place of its own.</summary>
    public void AddUse(string code, string name, string message, DiskOfPoint disk, DiskRange range)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((name, 0), out var entry) || entry.Code != code)
            {
                entry = _entries[(name, 0)] = new Entry(code, name, 0, 0, message, true);
            }

            entry.Use(disk, range);
        }
    }

    /// <summary>Forgets which disks are hit, and what has no place: a further walk finds out anew.</summary>
    public void ForgetUses()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                entry.Uses.Clear();
            }

            foreach (var key in _entries.Where(pair => pair.Value.Code is CheckCodes.ChunkUnknown or CheckCodes.Map).Select(pair => pair.Key).ToArray())
            {
                _entries.Remove(key);
            }
        }
    }

    /// <summary>Forgets an object that was removed by a prune while it was checked.</summary>
    public void Forget(string name)
    {
        lock (_lock)
        {
            foreach (var key in _entries.Keys.Where(key => key.Object == name).ToArray())
            {
                _entries.Remove(key);
            }

            if (ObjectNames.TryParse(name, out var id))
            {
                _missingPacks.Remove(id);
                _frames.RemoveWhere(frame => frame.Pack == id);
            }
        }
    }

    /// <summary>The packs that are missing and the frames that are damaged.</summary>
    public Unusable Places()
    {
        lock (_lock)
        {
            return new Unusable([], _missingPacks.ToFrozenSet(), _frames.ToFrozenSet());
        }
    }

    /// <summary>The packs of which something else than a frame is damaged.</summary>
    public IReadOnlyCollection<RandomId> DamagedEnds()
    {
        lock (_lock)
        {
            return [.. _entries.Values
                .Where(entry => entry.Code is CheckCodes.PackFrame or CheckCodes.PackLength or CheckCodes.PackGap)
                .Select(entry => ObjectNames.TryParse(entry.Name, out var id) ? id : default).Distinct()];
        }
    }

    public bool HasUses(string code)
    {
        lock (_lock)
        {
            return _entries.Values.Any(entry => entry.Code == code && entry.Uses.Count > 0);
        }
    }

    public IReadOnlyList<CheckFinding> Findings()
    {
        lock (_lock)
        {
            return [.. _entries.Values.Where(entry => !entry.OnlyIfUsed || entry.Uses.Count > 0).OrderBy(entry => entry.Name, StringComparer.Ordinal).ThenBy(entry => entry.Offset).Select(entry => entry.ToFinding())];
        }
    }

    sealed class Entry(string code, string name, long offset, long length, string message, bool losesData)
    {
        public string Code => code;

        public string Name => name;

        public long Offset => offset;

        public bool OnlyIfUsed { get; init; }

        public Dictionary<DiskOfPoint, List<DiskRange>> Uses { get; } = [];

        public void Use(DiskOfPoint disk, DiskRange range)
        {
            if (!Uses.TryGetValue(disk, out var ranges))
            {
                ranges = Uses[disk] = [];
            }

            ranges.Add(range);
        }

        public CheckFinding ToFinding() => new(code, name, offset, length, message, losesData || Uses.Count > 0, [.. Uses
            .OrderBy(use => use.Key.Point, StringComparer.Ordinal).ThenBy(use => use.Key.Disk, StringComparer.Ordinal)
            .Select(use => new DamagedUse(use.Key.Point, use.Key.VirtualMachine, use.Key.Disk, use.Key.DiskKey, DiskRanges.Merge(use.Value)))]);
    }
}

/// <summary>A disk, or a file, of a point.</summary>
internal sealed record DiskOfPoint(string Point, string VirtualMachine, string Disk, int? DiskKey);
