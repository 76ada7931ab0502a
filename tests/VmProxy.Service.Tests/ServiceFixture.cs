using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Catalog;
using VmProxy.Engine;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;
using VmProxy.Service.Work;

namespace VmProxy.Service.Tests;

/// <summary>A lab, a service for it, and a clock for both.</summary>
abstract class ServiceFixture
{
    static readonly DateTimeOffset FirstNoon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    protected LabBench Bench { get; private set; } = null!;

    protected NightClock Clock { get; private set; } = null!;

    protected WebhookReceiver Receiver { get; private set; } = null!;

    protected ProxyService? Service { get; private set; }

    protected JsonNode Schedule => Bench.Job[nameof(Schedule)]!;

    /// <summary>Parts that sessions of the service get; null gives them the real ones.</summary>
    internal SessionParts? Parts { get; set; }

    internal WorkRunner Runner => Service!.Services.GetRequiredService<WorkRunner>();

    internal Notifier Notifier => Service!.Services.GetRequiredService<Notifier>();

    internal Schedule Triggers => Service!.Services.GetRequiredService<Schedule>();

    [SetUp]
    public void StartClock()
    {
        Clock = new NightClock(FirstNoon);
        Parts = null;
    }

    [TearDown]
    public async Task EndAllAsync()
    {
        await StopAsync();
        await Receiver.DisposeAsync();
        await Bench.DisposeAsync();
        await Clock.DisposeAsync();
    }

    /// <summary>A lab, a repository, a nightly job at 22:00 UTC, and a receiver of notices.</summary>
    protected async Task PrepareAsync(Action<LabOptions>? change = null)
    {
        Receiver = await WebhookReceiver.StartAsync();
        Bench = await LabBench.StartAsync(options =>
        {
            options.Clock = Clock.Time;
            if (change is null)
            {
                options.VirtualMachines.Add(LabBench.Vm("web01", 4 << 20));
            }

            change?.Invoke(options);
        });
        var repository = Bench.Root["Repositories"]![0]!.AsObject();
        repository["Encryption"] = "none";
        repository.Remove("Passphrase");
        Bench.Job[nameof(Schedule)] = new JsonObject { ["Cron"] = "0 22 * * *", ["TimeZone"] = "UTC", ["Retries"] = 0, ["RetryAfter"] = "00:00:00" };
        Bench.Root[nameof(Service)] = new JsonObject { ["Http"] = new JsonObject { ["Port"] = 0 }, ["Logging"] = new JsonObject { ["Console"] = "none" } };
        Bench.Root["Notifications"] = new JsonObject { ["Webhooks"] = new JsonArray(new JsonObject { ["Name"] = "test", ["Url"] = Receiver.Url }) };
        await using var session = OpenSession();
        await new RepositoryCare(session).InitializeAsync(null, default);
    }

    protected ProxySession OpenSession()
    {
        Bench.SaveConfiguration();
        return new ProxySession(Load(), Clock.Time, NullLoggerFactory.Instance);
    }

    protected async Task ServeAsync()
    {
        await StartAsync();
        await Runner.IdleAsync(default).WaitAsync(Patience);
        await Notifier.IdleAsync().WaitAsync(Patience);
    }

    /// <summary>Starts the service, and waits for nothing else.</summary>
    protected async Task StartAsync()
    {
        Service = CreateService();
        await Service.StartAsync(default).WaitAsync(Patience);
    }

    protected ProxyService CreateService()
    {
        Bench.SaveConfiguration();
        return ProxyService.Create(new ServiceOptions
        {
            ConfigurationFile = Bench.ConfigurationFile,
            Environment = new Dictionary<string, string>(),
            Time = Clock.Time,
            OpenSession = (configuration, time, loggers) => new ProxySession(configuration, time, loggers, Parts ?? new SessionParts()),
        });
    }

    protected async Task StopAsync()
    {
        if (Service is not null)
        {
            await Service.StopAsync().WaitAsync(Patience);
            await Service.DisposeAsync();
            Service = null;
        }
    }

    /// <summary>Lets time pass until a moment: everything that falls due on the way is done, one after the other.</summary>
    protected async Task PassAsync(DateTimeOffset until)
    {
        // What is due just now would be cut off in the midst of its calls by a clock that jumps.
        await SettleAsync();
        while ((await Triggers.ListAsync(default)).Min(entry => entry.Next) is { } next && next <= until)
        {
            await FireAsync(next);
            await IdleAsync();
        }

        Clock.JumpTo(until);
    }

    /// <summary>Lets what is due begin, and returns when nothing is going on any more.</summary>
    protected async Task SettleAsync()
    {
        await Triggers.WakeAsync(default).WaitAsync(Patience);
        await IdleAsync();
    }

    protected async Task IdleAsync()
    {
        await WorkIdleAsync();
        await Notifier.IdleAsync().WaitAsync(Patience);
    }

    /// <summary>Returns when no work is going on; what it told may still be on its way.</summary>
    protected async Task WorkIdleAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, patience.Token);
            await Runner.IdleAsync(patience.Token);
        }
        while (await Triggers.CountFiringAsync(patience.Token) > 0);
    }

    /// <summary>Sets the clock to a moment and returns when what is due has begun.</summary>
    protected async Task FireAsync(DateTimeOffset moment)
    {
        Clock.JumpTo(moment.AddMilliseconds(500));
        await Triggers.WakeAsync(default).WaitAsync(Patience);
    }

    /// <summary>The next day's hour, from now.</summary>
    protected DateTimeOffset Next(int hour) => new DateTimeOffset(Clock.Now.UtcDateTime.Date, TimeSpan.Zero).AddHours(Clock.Now.Hour < hour ? hour : hour + 24);

    protected async Task<IReadOnlyList<PointRecord>> PointsAsync()
    {
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        return await catalog.Points.ListAsync(new PointFilter(), default);
    }

    ProxyConfiguration Load() => ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>());
}
