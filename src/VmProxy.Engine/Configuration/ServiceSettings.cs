using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Configuration.Binding;

namespace VmProxy.Engine.Configuration;

/// <summary>How <c>vmproxy serve</c> works.</summary>
public sealed class ServiceSettings
{
    /// <summary>Health and metrics over HTTP.</summary>
    public HttpSettings Http { get; init; } = new();

    /// <summary>Jobs that work at the same time; others wait for their turn, by priority.</summary>
    [Range(1, 64)]
    public int ConcurrentJobs { get; init; } = 2;

    /// <summary>How long the service takes at its end for running backups to give up, detach their disks and remove their snapshots.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The least time between two prunes of a repository; the first backup job that ends after it prunes, once no other job writes there.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "31.00:00:00")]
    public TimeSpan PruneInterval { get; init; } = TimeSpan.FromHours(20);

    /// <summary>How often left-overs of runs that died are looked for; also at start.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "7.00:00:00")]
    public TimeSpan JanitorInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the room of all datastores is sampled.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "7.00:00:00")]
    public TimeSpan CapacityInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What is logged, and where.</summary>
    public LoggingSettings Logging { get; init; } = new();
}

/// <summary>Health and metrics over HTTP.</summary>
public sealed class HttpSettings
{
    /// <summary>IP address to listen on. There is no login: keep it on loopback, or behind something that asks for one.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Port; 0 takes a free one and logs it.</summary>
    [Range(0, 65535)]
    public int Port { get; init; } = 9465;
}

/// <summary>What the service logs, and where.</summary>
public sealed class LoggingSettings
{
    /// <summary>The least that is logged.</summary>
    public LogDetail Level { get; init; } = LogDetail.Information;

    /// <summary>What goes to standard error.</summary>
    public ConsoleLog Console { get; init; } = ConsoleLog.Text;

    /// <summary>Where the files lie, one a day, each line a JSON document; null is <c>logs</c> in the state folder.</summary>
    [FilePath]
    public string? Folder { get; init; }

    /// <summary>How many files are kept; 0 writes none.</summary>
    [Range(0, 3650)]
    public int FilesKept { get; init; } = 31;

    /// <summary>The size at which another file of the same day is begun.</summary>
    public ByteSize FileSize { get; init; } = new(64L << 20);
}

/// <summary>The least that is logged.</summary>
public enum LogDetail
{
    /// <summary>Everything.</summary>
    Debug,

    /// <summary>What happens.</summary>
    Information,

    /// <summary>What somebody should look at.</summary>
    Warning,

    /// <summary>What went wrong.</summary>
    Error,
}

/// <summary>What goes to standard error.</summary>
public enum ConsoleLog
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>A JSON document a line.</summary>
    Json,

    /// <summary>Nothing.</summary>
    None,
}
