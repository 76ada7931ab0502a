using VmProxy.Engine;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service;

/// <summary>What the service takes from its surroundings.</summary>
public sealed record ServiceOptions
{
    /// <summary>The configuration file; null looks in the usual places.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Environment variables that go over the file.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ProxyConfiguration.EnvironmentOfProcess();

    /// <summary>Where a paper key is that opens every repository; null uses the configured keys.</summary>
    public string? PaperKey { get; init; }

    /// <summary>The clock of everything.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How work opens its session.</summary>
    internal Func<ProxyConfiguration, TimeProvider, Microsoft.Extensions.Logging.ILoggerFactory, ProxySession> OpenSession { get; init; } =
        static (configuration, time, loggers) => new ProxySession(configuration, time, loggers);

    /// <summary>Reads the configuration as it is now.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal ProxyConfiguration Load() => ProxyConfiguration.Load(ConfigurationFile, Environment, PaperKey);
}
