using Microsoft.Extensions.Logging;
using VmProxy.Engine;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Configuration;

/// <summary>The configuration that new work begins with. Work that runs keeps the one that it began with.</summary>
sealed class CurrentConfiguration(ServiceOptions options, ProxyConfiguration first, ILoggerFactory loggers)
{
    ProxyConfiguration _now = first;

    public ProxyConfiguration Now => Volatile.Read(ref _now);

    public ProxySettings Settings => Now.Settings;

    public void Replace(ProxyConfiguration configuration) => Volatile.Write(ref _now, configuration);

    /// <summary>A session for one piece of work; it is closed by who opened it.</summary>
    public ProxySession OpenSession() => options.OpenSession(Now, options.Time, loggers);
}
