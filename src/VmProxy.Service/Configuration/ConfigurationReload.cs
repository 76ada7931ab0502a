using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using VmProxy.Engine.Configuration;
using VmProxy.Service.Hosting;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Configuration;

/// <summary>
/// Reads the configuration again when its file changes, or at SIGHUP (then also what it refers to, such as a new password). One that cannot be used is
/// logged and told, and the old one stays. The file is looked at, not watched: mounts of containers and editors that replace it are seen too.
/// </summary>
sealed class ConfigurationReload(
    ServiceOptions options, CurrentConfiguration current, Schedule schedule, LogLevels levels, Notifier notifier, ILogger<ConfigurationReload> log) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _one = new(1);

    /// <summary>Reads the configuration now. False when it cannot be used.</summary>
    public async Task<bool> ReloadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var old = current.Settings;
            var next = options.Load();
            current.Replace(next);
            levels.Follow(next.Settings.Service.Logging);
            NameWhatNeedsRestart(old, next.Settings);
            await schedule.FollowAsync(next.Settings, cancellationToken).ConfigureAwait(false);
            Log.Reloaded(log);
            return true;
        }
        catch (ConfigurationException exception)
        {
            Log.ReloadRefused(log, exception.Message);
            await notifier.TellAsync(ServiceNotices.ConfigurationRefused(exception, options.Time.GetUtcNow())).ConfigureAwait(false);
            return false;
        }
        catch (SchedulerException exception)
        {
            // The watch of the schedule tries again; what is scheduled stays.
            Log.ScheduleStuck(log, exception.Message);
            await notifier.TellAsync(ServiceNotices.ScheduleNotFollowed(exception.Message, options.Time.GetUtcNow())).ConfigureAwait(false);
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _one.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var hangups = 0;
        using var signal = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            // Not the end of the program, which it would be by default.
            context.Cancel = true;
            Interlocked.Exchange(ref hangups, 1);
        });
        var seen = Look();
        using var timer = new PeriodicTimer(LookAgain, options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                var now = Look();
                if (Interlocked.Exchange(ref hangups, 0) == 1 || now != seen)
                {
                    seen = now;
                    await GuardAsync(stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

    async Task GuardAsync(CancellationToken stoppingToken)
    {
        try
        {
            await ReloadAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // What leaves here would end the service, and with it the nights.
            Log.WorkBroke(log, exception, "reading the configuration");
            await notifier.TellAsync(ServiceNotices.Broke("reading the configuration", exception, options.Time.GetUtcNow())).ConfigureAwait(false);
        }
    }

    (DateTime Written, long Length) Look()
    {
        try
        {
            var file = current.Now.File is { } path ? new FileInfo(path) : null;
            return file?.Exists == true ? (file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    void NameWhatNeedsRestart(ProxySettings old, ProxySettings now)
    {
        if ((old.Service.Http.Address, old.Service.Http.Port) != (now.Service.Http.Address, now.Service.Http.Port))
        {
            Log.NeedsRestart(log, "VmProxy:Service:Http");
        }

        if (old.State.Folder != now.State.Folder)
        {
            Log.NeedsRestart(log, "VmProxy:State:Folder (of the schedule)");
        }

        if (old.Service.ConcurrentJobs != now.Service.ConcurrentJobs)
        {
            Log.NeedsRestart(log, "VmProxy:Service:ConcurrentJobs");
        }
    }
}
