using VmProxy.Engine.Configuration.Binding;

namespace VmProxy.Engine.Configuration;

/// <summary>Everything below the root key <c>VmProxy</c>.</summary>
public sealed class ProxySettings
{
    /// <summary>vCenters and single hosts.</summary>
    public IReadOnlyList<VcenterSettings> VCenters { get; init; } = [];

    /// <summary>Where restore points are kept.</summary>
    public IReadOnlyList<RepositorySettings> Repositories { get; init; } = [];

    /// <summary>Where this installation keeps its own files.</summary>
    public StateSettings State { get; init; } = new();

    /// <summary>The searchable record.</summary>
    public CatalogSettings Catalog { get; init; } = new();

    /// <summary>How disks are read.</summary>
    public TransportSettings Transports { get; init; } = new();

    /// <summary>What protects datastores.</summary>
    public GuardSettings Guard { get; init; } = new();

    /// <summary>Where copies of disks are put for other programs.</summary>
    public StagingSettings Staging { get; init; } = new();

    /// <summary>What is backed up, and how.</summary>
    public IReadOnlyList<JobSettings> Jobs { get; init; } = [];

    /// <summary>How the service works.</summary>
    public ServiceSettings Service { get; init; } = new();

    /// <summary>Whom the service tells.</summary>
    public NotificationSettings Notifications { get; init; } = new();

    /// <summary>The catalog's file.</summary>
    public string CatalogPath => Catalog.Path ?? Path.Combine(State.Folder, "catalog.db");

    /// <summary>Where the locks are that the processes of this installation share.</summary>
    public string LocksFolder => Path.Combine(State.Folder, "locks");

    /// <summary>The vCenter that the job names, or the only one.</summary>
    /// <exception cref="ConfigurationException">There is none, or the choice is open.</exception>
    public VcenterSettings VcenterOf(JobSettings job) => Choose(VCenters, job.VCenter, vcenter => vcenter.Name, "VCenters");

    /// <summary>The repository that the job names, or the only one.</summary>
    /// <exception cref="ConfigurationException">There is none, or the choice is open.</exception>
    public RepositorySettings RepositoryOf(JobSettings job) => Choose(Repositories, job.Repository, repository => repository.Name, "Repositories");

    /// <summary>The vCenter with this name, or the only one when null.</summary>
    /// <exception cref="ConfigurationException">There is none, or the choice is open.</exception>
    public VcenterSettings FindVcenter(string? name) => Choose(VCenters, name, vcenter => vcenter.Name, "VCenters");

    /// <summary>The repository with this name, or the only one when null.</summary>
    /// <exception cref="ConfigurationException">There is none, or the choice is open.</exception>
    public RepositorySettings FindRepository(string? name) => Choose(Repositories, name, repository => repository.Name, "Repositories");

    /// <summary>The job with this name, or the only one when null.</summary>
    /// <exception cref="ConfigurationException">There is none, or the choice is open.</exception>
    public JobSettings FindJob(string? name) => Choose(Jobs, name, job => job.Name, "Jobs");

    static T Choose<T>(IReadOnlyList<T> all, string? name, Func<T, string> nameOf, string key)
    {
        var fitting = name is null ? all : [.. all.Where(item => nameOf(item).Equals(name, StringComparison.OrdinalIgnoreCase))];
        if (fitting.Count == 1)
        {
            return fitting[0];
        }

        var known = all.Count == 0 ? "none is configured" : "configured are " + string.Join(", ", all.Select(nameOf));
        throw new ConfigurationException(
            ConfigurationException.Invalid,
            name is null ? $"VmProxy:{key}: one must be named here; {known}." : $"VmProxy:{key}: there is no '{name}'; {known}.");
    }
}

/// <summary>Where this installation keeps its own files.</summary>
public sealed class StateSettings
{
    /// <summary>Folder on a local disk.</summary>
    [FilePath]
    public string Folder { get; init; } = "/var/lib/vmproxy";
}

/// <summary>Where copies of disks are put for other programs.</summary>
public sealed class StagingSettings
{
    /// <summary>A folder that has room for the largest VM; null when there is none.</summary>
    [FilePath]
    public string? Folder { get; init; }
}

/// <summary>The searchable record.</summary>
public sealed class CatalogSettings
{
    /// <summary>The catalog's file, on a local disk; null puts <c>catalog.db</c> into the state folder.</summary>
    [FilePath]
    public string? Path { get; init; }
}
