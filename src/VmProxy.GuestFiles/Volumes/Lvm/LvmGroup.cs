using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A volume group of LVM2 and its logical volumes.</summary>
sealed class LvmGroup
{
    readonly LvmSection _section;
    readonly Dictionary<string, (string Uuid, LvmArea? Area)> _physical = new(StringComparer.Ordinal);

    /// <summary>Creates the group from its newest metadata and the physical volumes that were met, by identity.</summary>
    public LvmGroup(LvmMetadata metadata, IReadOnlyDictionary<string, LvmPhysicalVolume> met)
    {
        _section = metadata.Group;
        Name = metadata.GroupName;
        Uuid = metadata.GroupUuid;
        var extentSize = _section.Number("extent_size") is > 0 and <= int.MaxValue and var sectors ? sectors * LvmArea.SectorSize : 0;
        foreach (var (name, section) in _section.Section("physical_volumes")?.Sections ?? [])
        {
            var uuid = LvmMetadata.Plain(section.Text("id") ?? "");
            // One that was missing when the metadata was last written holds older content.
            var isStale = section.Has("flags", "MISSING") || section.Has("status", "MISSING");
            _physical[name] = (uuid, isStale || extentSize == 0 || !met.TryGetValue(uuid, out var volume)
                ? null : new LvmArea(volume, section.Number("pe_start") ?? -1, section.Number("pe_count") ?? -1, extentSize));
        }

        ExtentSize = extentSize;
        PhysicalUuids = _physical.Values.Select(volume => volume.Uuid).ToHashSet(StringComparer.Ordinal);
    }

    public string Name { get; }

    public string Uuid { get; }

    /// <summary>Identities of the physical volumes that belong to it.</summary>
    public IReadOnlySet<string> PhysicalUuids { get; }

    /// <summary>Bytes of an extent; 0 where the metadata tells none that can be.</summary>
    public long ExtentSize { get; }

    /// <summary>The volumes that a user sees; those that LVM2 has for itself are not given.</summary>
    /// <param name="groupName">How the group is called in problems.</param>
    /// <param name="most">How many are given at most; the rest is told.</param>
    /// <param name="findings">Where it is told that something is missing.</param>
    public IEnumerable<LvmLogicalVolume> LogicalVolumes(string groupName, int most, List<GuestProblem> findings)
    {
        foreach (var (name, volume) in _physical.Where(pair => pair.Value.Area is null))
        {
            findings.Add(new GuestProblem(
                GuestFileErrorCodes.Damaged, groupName, $"The physical volume {name} ({volume.Uuid}) of the volume group {groupName} is on none of the disks.") { IsWarning = true });
        }

        var sections = _section.Section("logical_volumes")?.Sections ?? [];
        var snapshots = Snapshots(sections);
        var seen = sections.Where(pair => (pair.Section.Has("status", "VISIBLE") || snapshots.ContainsKey(pair.Name)) && LvmMetadata.IsName(pair.Name)).ToList();
        if (seen.Count > most)
        {
            findings.Add(new GuestProblem(
                GuestFileErrorCodes.Unsupported, groupName,
                $"Of the volume group {groupName}, {seen.Count - most} logical volumes from {seen[most].Name} on are left out: no more are read of one machine.") { IsWarning = true });
        }

        return seen.Take(most).Select(pair => new LvmVolumeBuilder(this, $"{groupName}/{pair.Name}", pair.Section).Build(pair.Name, snapshots.GetValueOrDefault(pair.Name)));
    }

    /// <summary>A stretch of extents of a physical volume.</summary>
    /// <exception cref="GuestFileException">The physical volume is missing or unknown, or has no such extents.</exception>
    public IBlockDevice Slice(string subject, string physical, long firstExtent, long extents) =>
        !_physical.TryGetValue(physical, out var volume)
            ? throw GuestFileException.Unsupported(subject, $"The logical volume {subject} lies on {physical}, which is itself a logical volume (such as while data is moved): it is not read.")
        : volume.Area is { } area ? area.Slice(subject, firstExtent, extents)
        : throw new GuestFileException(
            GuestFileErrorCodes.NotFound, subject, $"The logical volume {subject} lies in part on the physical volume {physical} ({volume.Uuid}), which is on none of the disks.");

    /// <summary>A snapshot is a hidden volume that names its origin and the one that holds the differences. A user sees the latter, which the metadata does not mark as visible.</summary>
    static Dictionary<string, string> Snapshots(List<(string Name, LvmSection Section)> volumes)
    {
        var snapshots = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var segment in volumes.SelectMany(volume => volume.Section.Sections).Select(pair => pair.Section).Where(segment => segment.Text("type") == "snapshot"))
        {
            var origin = segment.Text("origin") ?? "?";
            if (segment.Text("cow_store") is { } store)
            {
                snapshots[store] = $"a snapshot of {origin}";
            }

            if (segment.Text("merging_store") is { } merging)
            {
                snapshots[merging] = $"a snapshot that is being merged into {origin}";
                snapshots[origin] = "the origin of a snapshot that is being merged into it";
            }
        }

        return snapshots;
    }
}
