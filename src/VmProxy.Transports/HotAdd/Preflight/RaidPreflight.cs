namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>mdadm assembles no array by itself that its configuration does not name.</summary>
static class RaidPreflight
{
    static readonly string[] Files = ["etc/mdadm/mdadm.conf", "etc/mdadm.conf"];
    static readonly string[] Folders = ["etc/mdadm/mdadm.conf.d", "etc/mdadm.conf.d"];

    public static PreflightFinding? Check(string root)
    {
        if (!SystemFile.Exists(root, "usr/sbin/mdadm", "sbin/mdadm"))
        {
            return null;
        }

        var files = Files.Concat(Folders.SelectMany(folder => SystemFile.Names(root, folder).Select(name => $"{folder}/{name}")));
        var isOff = files
            .SelectMany(file => ConfigText.WithoutComments(SystemFile.Text(root, file), "#").Split('\n'))
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Any(words => words is ["AUTO" or "auto", "-all", ..]);
        return isOff ? null : new PreflightFinding(
            TransportCodes.PreflightRaid,
            "arrays on attached disks are assembled, which writes to them; arrays of the proxy's own need ARRAY lines (mdadm --detail --scan)",
            SystemFile.Exists(root, "etc/mdadm.conf") && !SystemFile.Exists(root, "etc/mdadm") ? "/etc/mdadm.conf" : "/etc/mdadm/mdadm.conf",
            ["AUTO -all"]);
    }
}
