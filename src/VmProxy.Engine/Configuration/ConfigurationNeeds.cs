namespace VmProxy.Engine.Configuration;

/// <summary>What a configuration is read for.</summary>
public enum ConfigurationNeeds
{
    /// <summary>Everything must be sound.</summary>
    Everything,

    /// <summary>Repositories, catalog and this installation's own folders: errors in what concerns vCenter, jobs and the service do not matter.</summary>
    Repositories,
}
