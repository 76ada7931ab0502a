using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>Gathers the volumes of a VM's disks: partitions disk by disk, then what LVM2 makes of them.</summary>
sealed class DiskSurvey
{
    /// <summary>Logical volumes that are looked into: each is probed for what it holds, and a text of metadata can name hundreds of thousands.</summary>
    const int MaxLogical = 4096;

    readonly List<GuestVolume> _volumes = [];
    readonly HashSet<string> _names = new(StringComparer.Ordinal);
    readonly List<GuestProblem> _findings = [];
    readonly List<LvmPhysicalVolume> _physical = [];

    public IReadOnlyList<GuestVolume> Volumes => _volumes;

    public IReadOnlyList<GuestProblem> Findings => _findings;

    /// <summary>Adds what lies on a disk.</summary>
    public async ValueTask AddDiskAsync(GuestDisk disk, CancellationToken cancellationToken)
    {
        var diskName = disk.Name.Length == 0 ? "disk" : disk.Name;
        var layout = await DiskLayout.ReadAsync(disk.Device, diskName, cancellationToken).ConfigureAwait(false);
        if (layout.Table is not { } table)
        {
            await AddAsync(WholeDisk(disk, diskName, layout.Contents[0]), cancellationToken).ConfigureAwait(false);
            return;
        }

        _findings.AddRange(table.Problems);
        var places = new PartitionPlaces(disk.Device.Length, table.Entries);
        for (var i = 0; i < table.Entries.Count; i++)
        {
            await AddAsync(Partition(disk, table.Entries[i], layout.Contents[i], places), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds the logical volumes of the groups whose parts were met.</summary>
    public async ValueTask AddLogicalVolumesAsync(CancellationToken cancellationToken)
    {
        var groups = LvmGroups.Gather(_physical, _findings);
        var left = MaxLogical;
        foreach (var (group, name) in groups.Named())
        {
            foreach (var logical in group.LogicalVolumes(name, left, _findings))
            {
                left--;
                var content = logical.Problem is { IsWarning: false }
                    ? VolumeContent.Nothing : await VolumeContent.RecognizeAsync(logical.Device, cancellationToken).ConfigureAwait(false);
                var volumeName = Unique($"{name}/{logical.Name}");
                _volumes.Add(new GuestVolume
                {
                    Name = volumeName,
                    Disk = name,
                    Role = VolumeRole.LogicalVolume,
                    Length = logical.Length,
                    TypeName = logical.TypeName,
                    Content = content,
                    Problem = logical.Problem ?? NotRead(volumeName, content),
                    Device = logical.Device,
                });
            }
        }
    }

    GuestVolume WholeDisk(GuestDisk disk, string diskName, VolumeContent content)
    {
        var name = Unique(diskName);
        return new GuestVolume
        {
            Name = name,
            Disk = disk.Name,
            Role = VolumeRole.WholeDisk,
            Offset = 0,
            Length = disk.Device.Length,
            TypeName = "whole disk",
            Content = content,
            Problem = NotRead(name, content),
            Device = new SliceBlockDevice(disk.Device, 0, disk.Device.Length, ownsInner: false),
        };
    }

    GuestVolume Partition(GuestDisk disk, PartitionEntry entry, VolumeContent content, PartitionPlaces places)
    {
        var name = Unique($"{disk.Name}p{entry.Number}");
        var misplaced = places.ProblemOf(entry, name);
        if (misplaced is not null)
        {
            _findings.Add(misplaced);
        }

        var notRead = entry.Type.IsReserved ? null : NotRead(name, content);
        return new GuestVolume
        {
            Name = name,
            Disk = disk.Name,
            Role = VolumeRole.Partition,
            Number = entry.Number,
            Offset = entry.Offset,
            Length = entry.Length,
            Label = entry.Label,
            TypeName = entry.Type.Name,
            IsBootable = entry.IsBootable,
            Content = content,
            Problem = misplaced is { IsWarning: false } ? misplaced : notRead ?? misplaced,
            Device = DiskLayout.Slice(disk.Device, entry),
        };
    }

    /// <summary>Adds a volume; when it is a physical one of LVM2 its description is kept for the groups.</summary>
    async ValueTask AddAsync(GuestVolume volume, CancellationToken cancellationToken)
    {
        if (volume.Content.Kind != VolumeKind.Lvm)
        {
            _volumes.Add(volume);
            return;
        }

        try
        {
            _physical.Add(await LvmPhysicalVolume.ReadAsync(volume.Device, volume.Name, _findings, cancellationToken).ConfigureAwait(false));
            _volumes.Add(volume);
        }
        catch (GuestFileException exception)
        {
            _findings.Add(exception.ToProblem());
            _volumes.Add(volume.WithProblem(exception.ToProblem()));
        }
    }

    /// <summary>Why a volume is not read, or null where it is, or where there are no files to miss.</summary>
    static GuestProblem? NotRead(string name, VolumeContent content) =>
        content.IsFileSystem || content.Kind is VolumeKind.Lvm or VolumeKind.Swap ? null : FileSystems.NotRead(name, content);

    string Unique(string name)
    {
        var unique = name;
        for (var copy = 2; !_names.Add(unique); copy++)
        {
            unique = $"{name}#{copy}";
        }

        return unique;
    }
}
