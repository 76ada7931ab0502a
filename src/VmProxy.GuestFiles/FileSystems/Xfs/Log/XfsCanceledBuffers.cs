namespace VmProxy.GuestFiles;

/// <summary>
/// Buffers whose blocks were freed: what the log holds of them before that must not be replayed, since they may hold something else by now that was never logged. Gathered in a first pass over the
/// log; in the second each counts down, so that what comes after the last is replayed again.
/// </summary>
sealed class XfsCanceledBuffers
{
    readonly Dictionary<(long Sector, int Sectors), int> _counts = [];

    public void Add(long sector, int sectors) => _counts[(sector, sectors)] = _counts.GetValueOrDefault((sector, sectors)) + 1;

    public bool Contains(long sector, int sectors) => _counts.ContainsKey((sector, sectors));

    public void Pass(long sector, int sectors)
    {
        if (_counts.TryGetValue((sector, sectors), out var count))
        {
            if (count > 1)
            {
                _counts[(sector, sectors)] = count - 1;
            }
            else
            {
                _counts.Remove((sector, sectors));
            }
        }
    }
}
