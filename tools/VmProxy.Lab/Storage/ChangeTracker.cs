using System.Globalization;

namespace VmProxy.Lab.Storage;

/// <summary>
/// Changed block tracking of one disk. An epoch (the change id's UUID) lasts until something breaks the record; within it every
/// snapshot closes a sequence number, and a block remembers the number in which it was last written.
/// </summary>
internal sealed class ChangeTracker
{
    /// <summary>The grain of change tracking.</summary>
    public const int BlockSize = 65536;

    readonly BlockStamps _stamps;
    readonly bool _unreliable;
    string _epoch = VmdkDescriptor.Spaced(Guid.NewGuid());
    uint _sequence = 1;

    /// <param name="length">The disk's size in bytes.</param>
    /// <param name="unreliable">Tracking that was switched on under snapshots: it misses writes, as real hosts do.</param>
    public ChangeTracker(long length, bool unreliable)
    {
        _stamps = new BlockStamps(length, BlockSize);
        _unreliable = unreliable;
    }

    public void Mark(long offset, long count)
    {
        if (!_unreliable)
        {
            _stamps.Mark(offset, count, _sequence);
            return;
        }

        for (var block = offset / BlockSize; block <= (offset + count - 1) / BlockSize; block++)
        {
            if (block % 2 == 0)
            {
                _stamps.Mark(block * BlockSize, 1, _sequence);
            }
        }
    }

    /// <summary>The same epoch without anything that was recorded.</summary>
    public ChangeTracker Forget() => new(_stamps.Length, _unreliable) { _epoch = _epoch, _sequence = _sequence };

    /// <summary>Closes the present sequence number for a snapshot.</summary>
    public FrozenChanges Freeze() => new(_epoch, _sequence++, _stamps.Freeze());
}

/// <summary>What change tracking knows as of a snapshot.</summary>
internal sealed record FrozenChanges(string Epoch, uint Sequence, BlockStamps Stamps)
{
    public string ChangeId => string.Create(CultureInfo.InvariantCulture, $"{Epoch}/{Sequence}");

    /// <summary>The blocks written after the given change id and up to this snapshot.</summary>
    public ChangeAnswer Since(string changeId, long startOffset)
    {
        var slash = changeId.LastIndexOf('/');
        if (slash < 0 || !uint.TryParse(changeId.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return new ChangeAnswer(ChangeAnswerKind.Malformed, []);
        }

        if (changeId[..slash] != Epoch)
        {
            return new ChangeAnswer(ChangeAnswerKind.ForeignEpoch, []);
        }

        return sequence > Sequence
            ? new ChangeAnswer(ChangeAnswerKind.Malformed, [])
            : new ChangeAnswer(ChangeAnswerKind.Areas, Stamps.Newer(sequence, startOffset));
    }
}

internal enum ChangeAnswerKind
{
    Areas,

    /// <summary>The change id is of another epoch: tracking was reset since.</summary>
    ForeignEpoch,

    /// <summary>The change id is none, or of a later time than the snapshot.</summary>
    Malformed,
}

internal sealed record ChangeAnswer(ChangeAnswerKind Kind, IEnumerable<ByteRange> Areas);
