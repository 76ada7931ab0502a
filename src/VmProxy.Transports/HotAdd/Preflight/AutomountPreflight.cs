namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>udisks, through which desktops mount what appears, ignores VMware's disks.</summary>
static class AutomountPreflight
{
    static readonly string[] Folders = ["etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"];
    static readonly string[] Switches = ["ENV{UDISKS_IGNORE}=\"1\"", "ENV{UDISKS_AUTO}=\"0\""];
    // udisks' own rules ignore many things, but no VMware disks.
    static readonly string[] Subjects = ["VMware", "6000c29", "KERNEL==\"sd*"];

    public static PreflightFinding? Check(string root)
    {
        if (!SystemFile.Exists(root, "usr/libexec/udisks2/udisksd", "usr/lib/udisks2/udisksd"))
        {
            return null;
        }

        var ignores = Folders
            .SelectMany(folder => SystemFile.Names(root, folder).Where(name => name.EndsWith(".rules", StringComparison.Ordinal)).Select(name => $"{folder}/{name}"))
            .SelectMany(file => ConfigText.WithoutComments(SystemFile.Text(root, file), "#").Split('\n'))
            .Any(line => Switches.Any(one => line.Contains(one, StringComparison.Ordinal)) && Subjects.Any(one => line.Contains(one, StringComparison.OrdinalIgnoreCase)));
        return ignores ? null : new PreflightFinding(
            TransportCodes.PreflightAutomount,
            "udisks offers attached disks to whoever is logged in, and a desktop mounts them",
            "/etc/udev/rules.d/61-vmproxy.rules",
            ["SUBSYSTEM==\"block\", ENV{ID_VENDOR}==\"VMware*\", ENV{UDISKS_IGNORE}=\"1\""]);
    }
}
