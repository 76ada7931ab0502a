namespace VmProxy.GuestFiles;

/// <summary>The volume groups that the physical volumes of a VM make up.</summary>
sealed class LvmGroups
{
    readonly List<LvmGroup> _groups = [];

    /// <summary>Puts physical volumes together. The newest metadata of a group counts, wherever it lies.</summary>
    public static LvmGroups Gather(IReadOnlyList<LvmPhysicalVolume> physical, List<GuestProblem> findings)
    {
        var byUuid = new Dictionary<string, LvmPhysicalVolume>(StringComparer.Ordinal);
        foreach (var volume in physical.Where(volume => !byUuid.TryAdd(volume.Uuid, volume)))
        {
            findings.Add(new GuestProblem(
                GuestFileErrorCodes.Ambiguous, volume.Name,
                $"The physical volume {volume.Name} has the same identity as {byUuid[volume.Uuid].Name}, as copies of disks have: {byUuid[volume.Uuid].Name} is used."));
        }

        var groups = new LvmGroups();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var versions in byUuid.Values.Where(volume => volume.Metadata is not null).GroupBy(volume => volume.Metadata!.GroupUuid))
        {
            var newest = versions.Select(volume => volume.Metadata!).MaxBy(metadata => metadata.Sequence)!;
            var group = new LvmGroup(newest, byUuid);
            groups._groups.Add(group);
            used.UnionWith(group.PhysicalUuids);
            findings.AddRange(versions.Where(volume => !group.PhysicalUuids.Contains(volume.Uuid)).Select(volume => new GuestProblem(
                GuestFileErrorCodes.Damaged, volume.Name,
                $"The physical volume {volume.Name} says that it belongs to the volume group {newest.GroupName}, which does not know it (any more).") { IsWarning = true }));
        }

        return groups;
    }

    /// <summary>The groups and how they are called: two of one name have a part of their identity behind it.</summary>
    public IEnumerable<(LvmGroup Group, string Name)> Named() => _groups.Select(group => (group,
        _groups.Count(other => other.Name == group.Name) == 1 ? group.Name : $"{group.Name}-{group.Uuid[..Math.Min(6, group.Uuid.Length)]}"));
}
