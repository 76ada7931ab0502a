namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>The disks that the proxy runs on, as Linux shows them: all but those that were attached to be read.</summary>
sealed record OwnDisks(IReadOnlyList<ScsiDisk> Disks)
{
    public static OwnDisks Find(string root, IReadOnlyCollection<string> uuids) =>
        new([.. ScsiDisk.All(root).Where(disk => disk.HasUuid("") is null || uuids.Count == 0 || uuids.Any(uuid => disk.HasUuid(uuid) == true))]);

    /// <summary>What LVM's filter accepts for them: the serial number where there is one, for the kernel's names may change.</summary>
    public IEnumerable<string> LvmPatterns() => Disks.Select(disk => disk.HasUuid("") is null
        ? $"\"a|^/dev/{disk.Name}[0-9]*$|\""
        : $"\"a|^/dev/disk/by-id/wwn-0x{disk.Wwid!["naa.".Length..]}|\"");

    public PreflightFinding? Check() => Disks.Count == 0 || Disks.Any(disk => disk.HasUuid("") is not null) ? null : new PreflightFinding(
        TransportCodes.PreflightSerial,
        $"none of the proxy's disks ({string.Join(", ", Disks.Select(disk => disk.Name))}) shows a serial number, so attached disks would not be recognized",
        "the proxy VM's advanced settings (it must be off)",
        ["disk.EnableUUID = TRUE"]);
}
