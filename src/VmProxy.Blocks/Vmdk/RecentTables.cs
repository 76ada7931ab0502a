using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmProxy.Blocks.Vmdk;

/// <summary>The grain tables of an extent that were used last, by their index, and how tables are read: 32-bit little-endian words.</summary>
/// <param name="capacity">How many are kept.</param>
sealed class RecentTables(int capacity)
{
    readonly Lock _gate = new();
    readonly Dictionary<int, LinkedListNode<(int Index, uint[] Entries)>> _cached = [];
    readonly LinkedList<(int Index, uint[] Entries)> _recent = new();

    public uint[]? Find(int index)
    {
        lock (_gate)
        {
            if (!_cached.TryGetValue(index, out var node))
            {
                return null;
            }

            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Entries;
        }
    }

    /// <summary>Keeps a table that is not kept yet; the one that was not used for longest goes.</summary>
    public void Add(int index, uint[] table)
    {
        lock (_gate)
        {
            if (_recent.Count == capacity)
            {
                _cached.Remove(_recent.Last!.Value.Index);
                _recent.RemoveLast();
            }

            _cached.Add(index, _recent.AddFirst((index, table)));
        }
    }

    public static async ValueTask ReadEntriesAsync(IBlockDevice file, long offset, uint[] entries, CancellationToken cancellationToken)
    {
        var bytes = new byte[entries.Length * sizeof(uint)];
        await file.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        if (BitConverter.IsLittleEndian)
        {
            words.CopyTo(entries);
        }
        else
        {
            BinaryPrimitives.ReverseEndianness(words, entries);
        }
    }
}
