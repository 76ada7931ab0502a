using System.Buffers.Binary;
using System.Collections.Frozen;

namespace VmProxy.Repository.Checking;

/// <summary>
/// The union of all check notes. Several checkers may write at once: each replaces only the notes that it read, so nothing of another's is lost; where
/// two notes speak of one pack, the later reading holds.
/// </summary>
internal sealed class CheckTable
{
    const int EntryLength = RandomId.Size + 4;
    readonly Dictionary<RandomId, uint> _read = [];
    readonly Dictionary<RandomId, (uint Seen, HashSet<uint>? Frames)> _damaged = [];

    /// <summary>When points were last found to name chunks that the index does not know, seconds since 1970; null when they do not.</summary>
    public uint? Unknown { get; set; }

    public bool HasDamage => _damaged.Count > 0 || Unknown is not null;

    public IReadOnlyCollection<RandomId> DamagedPacks => _damaged.Keys;

    public static CheckTable Merge(IEnumerable<CheckNote> notes)
    {
        var table = new CheckTable();
        var all = notes.ToArray();
        foreach (var note in all)
        {
            for (var rest = note.Read.AsSpan(); rest.Length >= EntryLength; rest = rest[EntryLength..])
            {
                table.SetRead(RandomId.Read(rest), BinaryPrimitives.ReadUInt32LittleEndian(rest[RandomId.Size..]));
            }
        }

        foreach (var note in all)
        {
            table.Unknown = note.Unknown is { } unknown ? Math.Max(unknown, table.Unknown ?? 0) : table.Unknown;
            foreach (var damage in note.Damaged)
            {
                if (RandomId.TryParse(damage.Pack, out var pack) && damage.Seen >= table.ReadAt(pack))
                {
                    table.AddDamage(pack, damage.Seen, damage.Frames);
                }
            }
        }

        return table;
    }

    /// <summary>When a pack was last read whole, seconds since 1970; 0 for never.</summary>
    public uint ReadAt(RandomId pack) => _read.GetValueOrDefault(pack);

    /// <summary>A pack was read whole; what was known of its damage is superseded.</summary>
    public void SetRead(RandomId pack, uint now)
    {
        _read[pack] = Math.Max(now, ReadAt(pack));
        _damaged.Remove(pack);
    }

    /// <param name="pack">The pack.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <param name="frames">Offsets of damaged frames; null when the pack is missing.</param>
    public void AddDamage(RandomId pack, uint now, IEnumerable<uint>? frames)
    {
        var seen = Math.Max(now, ReadAt(pack)); // a clock that is behind must not hide what was found later
        if (frames is null)
        {
            _damaged[pack] = (seen, null);
        }
        else if (!_damaged.TryGetValue(pack, out var known))
        {
            _damaged[pack] = (seen, [.. frames]);
        }
        else
        {
            known.Frames?.UnionWith(frames);
            _damaged[pack] = (Math.Max(seen, known.Seen), known.Frames);
        }
    }

    public bool IsMissing(RandomId pack) => _damaged.TryGetValue(pack, out var damage) && damage.Frames is null;

    public void ClearDamage(RandomId pack) => _damaged.Remove(pack);

    /// <summary>Forgets packs that are gone.</summary>
    public void KeepOnly(Func<RandomId, bool> exists)
    {
        foreach (var pack in _read.Keys.Concat(_damaged.Keys).Where(pack => !exists(pack)).ToArray())
        {
            _read.Remove(pack);
            _damaged.Remove(pack);
        }
    }

    /// <summary>The damage as the index takes it.</summary>
    public (FrozenSet<RandomId> Packs, FrozenSet<(RandomId Pack, uint Offset)> Frames) Places() => (
        _damaged.Where(entry => entry.Value.Frames is null).Select(entry => entry.Key).ToFrozenSet(),
        _damaged.Where(entry => entry.Value.Frames is not null)
            .SelectMany(entry => entry.Value.Frames!.Select(frame => (entry.Key, frame))).ToFrozenSet());

    public CheckNote ToNote()
    {
        var read = new byte[_read.Count * EntryLength];
        var rest = read.AsSpan();
        foreach (var (pack, time) in _read.OrderBy(entry => entry.Key))
        {
            pack.Write(rest);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[RandomId.Size..], time);
            rest = rest[EntryLength..];
        }

        return new CheckNote
        {
            Read = read,
            Damaged = [.. _damaged.OrderBy(entry => entry.Key)
                .Select(entry => new NotedDamage(entry.Key.ToString(), entry.Value.Seen, entry.Value.Frames?.Order().ToArray()))],
            Unknown = Unknown,
        };
    }
}
