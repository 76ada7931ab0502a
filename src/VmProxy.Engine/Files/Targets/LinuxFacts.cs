using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// Gives a restored file its owner, extended attributes, mode and times, in the order in which none undoes another. Owners only as root; without them the bits that lend the owner's rights are
/// left out. Files of a guest without modes are for nobody but their new owner: what protected them there, an ACL of Windows, is not kept.
/// </summary>
[SupportedOSPlatform("linux")]
sealed class LinuxFacts
{
    const int LendingBits = 0b110_000_000_000;

    readonly bool _isRoot = LinuxFolderCalls.IsRoot();

    public void ApplyTo(FileItem item, SafeFileHandle file, Action<Failure> remarks)
    {
        var entry = item.Entry;
        List<string> lost = [];
        var hasOwner = _isRoot && entry is { Owner: not null, Group: not null };
        Check(hasOwner ? LinuxFolderCalls.SetOwner(file, entry.Owner!.Value, entry.Group!.Value) : 0, "owner", lost);
        foreach (var attribute in item.Attributes)
        {
            Check(LinuxFolderCalls.SetAttribute(file, attribute.Name, attribute.Value), attribute.Name, lost);
        }

        if (entry.Mode is { } mode)
        {
            Check(LinuxFolderCalls.SetMode(file, hasOwner ? mode : mode & ~LendingBits), "mode", lost);
            if (!hasOwner && (mode & LendingBits) != 0)
            {
                lost.Add("setuid and setgid (they would lend the rights of another owner)");
            }
        }

        Check(LinuxFolderCalls.SetTimes(file, Time(entry.Accessed), Time(entry.Modified)), "times", lost);
        Tell(item, lost, remarks);
    }

    /// <summary>Gives a link that was just made its owner and times, unless something else has its name by now.</summary>
    public void ApplyToLink(FileItem item, SafeFileHandle folder, byte[] name, Action<Failure> remarks)
    {
        var entry = item.Entry;
        List<string> lost = [];
        using var link = LinuxFolderCalls.OpenLink(folder, name, out var error);
        Check(error, "owner and times", lost);
        if (error == 0)
        {
            if (_isRoot && entry is { Owner: { } owner, Group: { } group })
            {
                Check(LinuxFolderCalls.SetOwnerOfLink(link, owner, group), "owner", lost);
            }

            Check(LinuxFolderCalls.SetTimesOfLink(link, Time(entry.Accessed), Time(entry.Modified)), "times", lost);
        }

        Tell(item, lost, remarks);
    }

    static void Check(int error, string fact, List<string> lost)
    {
        if (error != 0)
        {
            lost.Add($"{fact} ({new System.ComponentModel.Win32Exception(error).Message})");
        }
    }

    static void Tell(FileItem item, List<string> lost, Action<Failure> remarks)
    {
        if (lost.Count > 0)
        {
            remarks(TargetAnswers.AttributesLost(item, string.Join(", ", lost)));
        }
    }

    static LinuxFolderCalls.TimeSpec Time(GuestTime? time) =>
        time is { } known ? new LinuxFolderCalls.TimeSpec(known.Seconds, known.Nanoseconds) : LinuxFolderCalls.TimeSpec.Keep;
}
