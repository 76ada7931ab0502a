using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Prometheus;
using Serilog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Service.Configuration;
using VmProxy.Service.Hosting;
using VmProxy.Service.Metrics;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;
using VmProxy.Service.Work;

namespace VmProxy.Service;

/// <summary>The service: what <c>vmproxy serve</c> runs, under systemd, as a Windows service, in a container or at a terminal.</summary>
public sealed class ProxyService : IAsyncDisposable
{
    // What ends a backup has its own time limit; the host's must not come before it.
    static readonly TimeSpan Beyond = TimeSpan.FromSeconds(30);

    readonly WebApplication _application;
    readonly string _stateFolder;
    ServiceLock? _lock;

    ProxyService(WebApplication application, string stateFolder) => (_application, _stateFolder) = (application, stateFolder);

    /// <summary>The address that health and metrics answer at; only once started.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    internal IServiceProvider Services => _application.Services;

    /// <summary>Runs until the token, a signal or the service manager ends it.</summary>
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    /// <exception cref="EngineException">With <see cref="ServiceCodes.AddressUnusable"/>: nobody could listen at the configured address. With <see cref="ServiceCodes.AlreadyServes"/>: another service runs.</exception>
    public static async Task RunAsync(ServiceOptions options, CancellationToken cancellationToken)
    {
        var service = Create(options);
        await using (service.ConfigureAwait(false))
        {
            await service.StartAsync(cancellationToken).ConfigureAwait(false);
            await service._application.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Puts it together; nothing runs yet.</summary>
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    public static ProxyService Create(ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var configuration = options.Load();
        var settings = configuration.Settings;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "vmproxy" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Parse(settings.Service.Http.Address), settings.Service.Http.Port);
        });
        AddServices(builder.Services, options, configuration);
        var application = builder.Build();
        application.UseRouting();
        application.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false });
        application.MapHealthChecks("/readyz");
        application.MapMetrics("/metrics", application.Services.GetRequiredService<ServiceMetrics>().Registry);
        return new ProxyService(application, settings.State.Folder);
    }

    /// <summary>Starts it.</summary>
    /// <exception cref="EngineException">With <see cref="ServiceCodes.AddressUnusable"/>: nobody could listen at the configured address. With <see cref="ServiceCodes.AlreadyServes"/>: another service runs.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anything else: whoever comes second must not touch what the first has begun.
        _lock ??= ServiceLock.Take(_stateFolder);
        try
        {
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            // Kestrel comes last: what has begun before it must end in order.
            await _application.StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw new EngineException(
                new Failure(
                    ServiceCodes.AddressUnusable, "vmproxy serve", "listen for health and metrics", exception.Message.TrimEnd('.') + ".",
                    "Choose another address or port (VmProxy:Service:Http), or end the other service."), exception);
        }

        Log.Listening(_application.Services.GetRequiredService<ILogger<ProxyService>>(), Address.ToString());
    }

    /// <summary>Ends it: running backups give up, and their snapshots are removed.</summary>
    public Task StopAsync() => _application.StopAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        _lock?.Dispose();
    }

    static void AddServices(IServiceCollection services, ServiceOptions options, ProxyConfiguration configuration)
    {
        var settings = configuration.Settings;
        var levels = new LogLevels(settings.Service.Logging);
        services.AddSerilog(logging => LogSetup.Configure(logging, settings, levels), preserveStaticLogger: true);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Service.StopTimeout + Beyond);
        services.AddSystemd();
        if (OperatingSystem.IsWindows())
        {
            services.AddWindowsService(windows => windows.ServiceName = "vmproxy");
        }

        services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        services.AddRouting();
        services.AddHealthChecks().AddCheck<ServiceHealth>("service");
        services.AddSingleton(options);
        services.AddSingleton(options.Time);
        services.AddSingleton(configuration);
        services.AddSingleton(levels);
        services.AddSingleton(new JobSlots(settings.Service.ConcurrentJobs));
        services.AddSingleton<CurrentConfiguration>();
        services.AddSingleton<ServiceMetrics>();
        services.AddSingleton<Channels>();
        services.AddSingleton<Notifier>();
        services.AddSingleton<NoticeStates>();
        services.AddSingleton<PruneWork>();
        services.AddSingleton<WorkRunner>();
        services.AddSingleton<IServiceWork, BackupWork>();
        services.AddSingleton<IServiceWork>(provider => provider.GetRequiredService<PruneWork>());
        services.AddSingleton<IServiceWork, JanitorWork>();
        services.AddSingleton<IServiceWork, CapacityWork>();
        services.AddSingleton<IServiceWork, SummaryWork>();
        QuartzSetup.Add(services, settings, options.Time);
        services.AddSingleton<ConfigurationReload>();
        services.AddHostedService(provider => provider.GetRequiredService<ConfigurationReload>());
        services.AddHostedService<NoticeRetries>();
        services.AddSingleton<ScheduleWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<ScheduleWatch>());
        services.AddHostedService<ServiceLife>();
    }
}
