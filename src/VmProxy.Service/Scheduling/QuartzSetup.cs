using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Quartz;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Scheduling;

/// <summary>Quartz with a store of its own: <c>schedule.db</c> in the state folder, made at the first start.</summary>
static class QuartzSetup
{
    // Work waits for its turn here (JobSlots), not for a thread of Quartz: what waits there counts as missed.
    const int Threads = 128;

    public static void Add(IServiceCollection services, ProxySettings settings, TimeProvider time)
    {
        Directory.CreateDirectory(settings.State.Folder);
        var store = new SqliteConnectionStringBuilder { DataSource = ScheduleFile.Of(settings.State.Folder), Pooling = true }.ToString();
        services.AddTransient<FiredWork>();
        services.AddSingleton<Schedule>();
        services.AddQuartz(quartz =>
        {
            quartz.UseTimeProvider(time);
            quartz.ConfigureScheduler(options => options.InstanceName = "vmproxy");
            quartz.UseDefaultThreadPool(Threads);
            quartz.UsePersistentStore(persistent =>
            {
                persistent.UseSqlite(store);
                persistent.ProvisionSchema();
            });
        });
    }
}
