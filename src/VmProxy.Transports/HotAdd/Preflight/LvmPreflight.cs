using System.Text.RegularExpressions;

namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>
/// LVM looks at no disks but the proxy's own: by global_filter (which, unlike filter, also holds for what udev starts), or by a devices file where it is in use.
/// </summary>
static partial class LvmPreflight
{
    const string File = "/etc/lvm/lvm.conf";

    public static PreflightFinding? Check(string root, OwnDisks own)
    {
        if (!SystemFile.Exists(root, "usr/sbin/lvm", "sbin/lvm"))
        {
            return null;
        }

        // The local file goes over the other.
        var text = ConfigText.WithoutComments(SystemFile.Text(root, "etc/lvm/lvm.conf"), "#")
            + ConfigText.WithoutComments(SystemFile.Text(root, "etc/lvm/lvmlocal.conf"), "#");
        return UsesDevicesFile(root, text) || Rejects(text) ? null : new PreflightFinding(
            TransportCodes.PreflightLvm,
            "LVM looks at every disk, so it may activate a guest's volume groups on attached disks, or confuse them with the proxy's own; afterwards make the initramfs anew",
            File,
            ["devices {", $"    global_filter = [ {string.Join(", ", own.LvmPatterns().Append("\"r|.*|\""))} ]", "}"]);
    }

    static bool UsesDevicesFile(string root, string text)
    {
        var setting = DevicesFileSwitch().Matches(text).LastOrDefault()?.Groups[1].Value;
        var isOn = setting is null ? ByDefault(root) : setting == "1";
        return isOn && SystemFile.Exists(root, "etc/lvm/devices/system.devices");
    }

    // Red Hat builds LVM with the devices file on; others leave it off.
    static bool ByDefault(string root) => (SystemFile.Text(root, "etc/os-release") ?? "")
        .Split('\n')
        .Any(line => line.StartsWith("ID", StringComparison.Ordinal) && (line.Contains("rhel", StringComparison.Ordinal) || line.Contains("fedora", StringComparison.Ordinal)));

    /// <summary>
    /// The first pattern that fits a name decides for it; a disk of which any name is accepted, or fits nothing, is used (lvm.conf(5)).
    /// </summary>
    static bool Rejects(string text)
    {
        if (GlobalFilter().Matches(text).LastOrDefault() is not { } filter)
        {
            return false;
        }

        var patterns = Quoted().Matches(filter.Value).Select(match => match.Groups[1].Value).Where(pattern => pattern.Length > 2).ToArray();
        return ForeignDisk.Paths.All(path => patterns.FirstOrDefault(pattern => ConfigText.Matches(Inside(pattern), path)) is { } first && first[0] == 'r');
    }

    /// <summary>"r|.*|" has its expression between two marks of any kind.</summary>
    static string Inside(string pattern) => pattern[2..].TrimEnd(pattern[1], ')', ']', '}');

    [GeneratedRegex("""\bglobal_filter\s*=\s*(\[(\s*"[^"]*"\s*,?)*\s*\]|"[^"]*")""")]
    private static partial Regex GlobalFilter();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\buse_devicesfile\s*=\s*([01])")]
    private static partial Regex DevicesFileSwitch();
}
