using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog;
using Serilog.Events;
using VmProxy.Cli.Output;
using VmProxy.Engine.Configuration;

namespace VmProxy.Cli;

/// <summary>The host of one command: logging on standard error, and the proxy session, which it closes.</summary>
sealed class ProxyHost : IAsyncDisposable
{
    readonly IHost _host;

    ProxyHost(IHost host) => _host = host;

    public ProxySession Session => _host.Services.GetRequiredService<ProxySession>();

    public static ProxyHost Create(ProxyConfiguration configuration, Terminal terminal)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "vmproxy" });
        builder.Services.AddSerilog((_, logging) => logging
            .MinimumLevel.Warning()
            .MinimumLevel.Override("VmProxy.Engine", LogEventLevel.Information)
            .WriteTo.Sink(new LogSink(terminal)));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(configuration);
        builder.Services.AddSingleton<ProxySession>();
        return new ProxyHost(builder.Build());
    }

    // The session can only be closed asynchronously, and IHost itself only promises the other way.
    public ValueTask DisposeAsync() => ((IAsyncDisposable)_host).DisposeAsync();
}
