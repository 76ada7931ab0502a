using System.Text.RegularExpressions;

namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>multipathd leaves VMware's disks alone: by a blacklist, or because it takes only what has several paths.</summary>
static partial class MultipathPreflight
{
    public static PreflightFinding? Check(string root)
    {
        if (!SystemFile.Exists(root, "usr/sbin/multipathd", "sbin/multipathd"))
        {
            return null;
        }

        var files = SystemFile.Names(root, "etc/multipath/conf.d")
            .Where(name => name.EndsWith(".conf", StringComparison.Ordinal))
            .Select(name => $"etc/multipath/conf.d/{name}")
            .Prepend("etc/multipath.conf");
        var text = string.Concat(files.Select(file => ConfigText.WithoutComments(SystemFile.Text(root, file), "#!")));
        return NeedsSeveralPaths(text) || ConfigText.Sections(text, "blacklist").Any(Blacklists) ? null : new PreflightFinding(
            TransportCodes.PreflightMultipath,
            "multipathd may take attached disks, which then stay busy",
            "/etc/multipath.conf",
            ["blacklist {", "    device {", $"        vendor \"{ForeignDisk.Vendor}\"", $"        product \"{ForeignDisk.Product}\"", "    }", "}"]);
    }

    static bool NeedsSeveralPaths(string text) =>
        FindMultipaths().Matches(text).LastOrDefault()?.Groups[1].Value is "yes" or "on" or "strict";

    static bool Blacklists(string section) =>
        Values(section, "devnode").Any(pattern => ConfigText.Matches(pattern, ForeignDisk.KernelName))
        || Values(section, "wwid").Any(pattern => ConfigText.Matches(pattern, ForeignDisk.Wwid))
        || ConfigText.Sections(section, "device").Any(device =>
            Values(device, "vendor").Any(pattern => ConfigText.Matches(pattern, ForeignDisk.Vendor))
            && Values(device, "product").DefaultIfEmpty(".*").Any(pattern => ConfigText.Matches(pattern, ForeignDisk.Product)));

    static IEnumerable<string> Values(string section, string key) =>
        Attribute().Matches(section).Where(match => match.Groups[1].Value == key).Select(match => match.Groups[2].Value);

    [GeneratedRegex("""\bfind_multipaths\s+"?(\w+)""")]
    private static partial Regex FindMultipaths();

    [GeneratedRegex("""^\s*(\w+)\s+"?([^"\r\n{}]+?)"?\s*$""", RegexOptions.Multiline)]
    private static partial Regex Attribute();
}
