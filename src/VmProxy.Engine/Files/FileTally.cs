using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files;

/// <summary>Counts while files are restored: a tree with a million problems is told in bounded memory.</summary>
sealed class FileTally
{
    const int Kept = 1000;

    readonly List<Failure> _leftOut = [];
    readonly List<Failure> _warnings = [];
    long _leftOutCount;
    long _warningCount;

    public long Files { get; private set; }

    public long Directories { get; private set; }

    public long Links { get; private set; }

    public long Bytes { get; private set; }

    public bool IsNothingRestored => Files + Directories + Links == 0;

    public void Restored(GuestEntry entry, bool isLink)
    {
        Files += entry.Kind == GuestEntryKind.Directory || isLink ? 0 : 1;
        Directories += entry.Kind == GuestEntryKind.Directory ? 1 : 0;
        Links += isLink ? 1 : 0;
        Count(entry.Kind == GuestEntryKind.File ? entry.Size : 0);
    }

    public void RestoredStream(GuestStream stream)
    {
        Files++;
        Count(stream.Size);
    }

    public void LeaveOut(Failure failure) => Keep(_leftOut, ref _leftOutCount, failure);

    /// <summary>Counts what is left out and not kept in words any more.</summary>
    public void LeaveOutUntold(long count) => _leftOutCount += count;

    public void Warn(Failure failure) => Keep(_warnings, ref _warningCount, failure);

    public FilesReport Report(string point, string machine, string target) => new()
    {
        Point = point, VirtualMachine = machine, Target = target, Files = Files, Directories = Directories, Links = Links, Bytes = Bytes,
        LeftOut = _leftOut, LeftOutCount = _leftOutCount, Warnings = _warnings, WarningCount = _warningCount,
    };

    /// <summary>Sparse files can claim more bytes together than a number holds.</summary>
    void Count(long bytes) => Bytes += Math.Min(bytes, long.MaxValue - Bytes);

    static void Keep(List<Failure> list, ref long count, Failure failure)
    {
        count++;
        if (list.Count < Kept)
        {
            list.Add(failure);
        }
    }
}
