using VmProxy.Transports.HotAdd;
using VmProxy.Transports.HotAdd.Preflight;
using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>
/// Whether the proxy's operating system (Linux) leaves attached disks alone. What activates, assembles or mounts them keeps a disk busy, so that it
/// cannot be detached, and writes to it, so that what is read is not what the snapshot froze.
/// </summary>
public static class HotAddPreflight
{
    /// <summary>Uuids of the disks that the proxy VM runs on: all but those that were attached to be read.</summary>
    public static IReadOnlyCollection<string> OwnDisks(VirtualMachine proxy, Inventory inventory)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        ArgumentNullException.ThrowIfNull(inventory);
        return [.. proxy.Disks.Except(ProxyUnits.LentDisks(proxy, inventory)).Select(disk => disk.Uuid).OfType<string>()];
    }

    /// <summary>Looks at installed programs and their configuration. Nothing is changed, and nothing is found where nothing is installed.</summary>
    /// <param name="root">The root of the operating system (Transports:HotAdd:SystemRoot).</param>
    /// <param name="ownDiskUuids">Uuids of the proxy VM's own disks, for which LVM must go on working.</param>
    public static IReadOnlyList<PreflightFinding> Check(string root, IReadOnlyCollection<string> ownDiskUuids)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(ownDiskUuids);
        if (SystemFile.Exists(root, ".dockerenv", "run/.containerenv"))
        {
            return
            [
                new PreflightFinding(
                    TransportCodes.PreflightContainer,
                    "vmproxy runs in a container, so how its host treats attached disks cannot be seen",
                    "docker/compose.yaml",
                    ["VmProxy__Transports__HotAdd__SystemRoot: /host", "- /etc:/host/etc:ro", "- /sys:/host/sys:ro", "- /usr:/host/usr:ro"]),
            ];
        }

        var own = HotAdd.Preflight.OwnDisks.Find(root, ownDiskUuids);
        return [.. new[] { own.Check(), LvmPreflight.Check(root, own), MultipathPreflight.Check(root), RaidPreflight.Check(root), AutomountPreflight.Check(root) }
            .OfType<PreflightFinding>()];
    }
}
