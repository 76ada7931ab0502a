namespace VmProxy.GuestFiles;

/// <summary>
/// Changes that take several transactions are announced by an intent and end with a "done". One without it would be finished when the guest mounts; what only concerns free space, reverse maps or reference
/// counts is nothing that is read, but changes of maps and attributes are told.
/// </summary>
sealed class XfsIntents
{
    const int MaxTold = 100;

    readonly Dictionary<(ushort Type, ulong Id), ulong> _open = [];

    public void Add(XfsLogItem item)
    {
        var type = item.Type;
        if (type is XfsLogItemType.MapIntent or XfsLogItemType.AttributeIntent or XfsLogItemType.ExchangeIntent && item.Description.Length >= 24)
        {
            _open[(type, item.Description.Little64(8))] = item.Description.Little64(16);
        }
        else if (type is XfsLogItemType.MapDone or XfsLogItemType.AttributeDone or XfsLogItemType.ExchangeDone && item.Description.Length >= 16)
        {
            // Each "done" follows the number of its intent.
            _open.Remove(((ushort)(type - 1), item.Description.Little64(8)));
        }
    }

    /// <summary>What was not finished.</summary>
    public IEnumerable<GuestProblem> Findings() => _open
        .Select(intent => (What: intent.Key.Type == XfsLogItemType.AttributeIntent ? "attributes" : "content", Inode: intent.Value))
        .Distinct()
        .Take(MaxTold)
        .Select(intent => new GuestProblem(
            GuestFileErrorCodes.LogNotReplayed, $"inode {intent.Inode}", $"A change of the {intent.What} of inode {intent.Inode} was not finished: they may be in part those of before.")
        {
            IsWarning = true,
        });
}
