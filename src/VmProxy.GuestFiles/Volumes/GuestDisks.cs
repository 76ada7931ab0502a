namespace VmProxy.GuestFiles;

/// <summary>The disks of a VM and the volumes on them. It does not own the devices and must be gone before they are.</summary>
public sealed class GuestDisks : IAsyncDisposable
{
    readonly Dictionary<string, GuestVolume> _byName;
    readonly Dictionary<GuestVolume, IGuestFileSystem> _opened = [];
    readonly SemaphoreSlim _opening = new(1, 1);

    GuestDisks(IReadOnlyList<GuestVolume> volumes, IReadOnlyList<GuestProblem> findings)
    {
        Volumes = volumes;
        Findings = findings;
        _byName = volumes.ToDictionary(volume => volume.Name, StringComparer.Ordinal);
    }

    /// <summary>What lies on the disks: whole disks and partitions in the order of the disks, then logical volumes.</summary>
    public IReadOnlyList<GuestVolume> Volumes { get; }

    /// <summary>What was noticed: damaged tables, copies that were used, partitions that overlap, groups with parts missing.</summary>
    public IReadOnlyList<GuestProblem> Findings { get; }

    /// <summary>Reads partition tables, groups of LVM2 over all of the disks, and what each volume holds.</summary>
    /// <param name="disks">All disks of the VM: a volume group can lie on several.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="Blocks.BlockDeviceException">A disk could not be read.</exception>
    public static async ValueTask<GuestDisks> OpenAsync(IReadOnlyList<GuestDisk> disks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(disks);
        var survey = new DiskSurvey();
        foreach (var disk in disks)
        {
            await survey.AddDiskAsync(disk, cancellationToken).ConfigureAwait(false);
        }

        await survey.AddLogicalVolumesAsync(cancellationToken).ConfigureAwait(false);
        return new GuestDisks(survey.Volumes, survey.Findings);
    }

    /// <summary>The volume of that name.</summary>
    /// <exception cref="GuestFileException">There is none (<see cref="GuestFileErrorCodes.NotFound"/>); the message names those that there are.</exception>
    public GuestVolume Find(string name) => TryFind(name) ?? throw NoVolume(name);

    /// <summary>The volume of that name, or null.</summary>
    public GuestVolume? TryFind(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The file system of a volume, opened once: a log is replayed only once, too. It stays this object's.</summary>
    /// <exception cref="GuestFileException">There is none that can be read, or it is damaged beyond opening.</exception>
    /// <exception cref="Blocks.BlockDeviceException">The disk could not be read.</exception>
    public async ValueTask<IGuestFileSystem> FileSystemAsync(GuestVolume volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_opened.TryGetValue(volume, out var fileSystem))
            {
                fileSystem = IsPartOfGroup(volume) ? throw PartOfGroup(volume) : await volume.OpenAsync(cancellationToken).ConfigureAwait(false);
                _opened.Add(volume, fileSystem);
            }

            return fileSystem;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var fileSystem in _opened.Values)
        {
            await fileSystem.DisposeAsync().ConfigureAwait(false);
        }

        _opening.Dispose();
    }

    internal GuestFileException NoVolume(string name) =>
        new(GuestFileErrorCodes.NotFound, name, $"There is no volume {name}. There are: {Names(Volumes)}.");

    bool IsPartOfGroup(GuestVolume volume) =>
        volume is { Content.Kind: VolumeKind.Lvm, Problem: null } && Volumes.Any(other => other.Role == VolumeRole.LogicalVolume);

    /// <summary>Whoever names a physical volume wants the files on the logical ones.</summary>
    GuestFileException PartOfGroup(GuestVolume volume) => GuestFileException.Unsupported(
        volume.Name,
        $"The volume {volume.Name} holds {volume.Content.Name}, which has no files of its own. They lie on the logical volumes: "
        + $"{Names(Volumes.Where(other => other.Role == VolumeRole.LogicalVolume))}.");

    internal static string Names(IEnumerable<GuestVolume> volumes)
    {
        var names = volumes.Select(volume => volume.Name).Take(21).ToList();
        return names.Count switch
        {
            0 => "none",
            > 20 => string.Join(", ", names.Take(20)) + ", and more",
            _ => string.Join(", ", names),
        };
    }
}
