using System.Text.Json.Nodes;
using VmProxy.LabTesting;

namespace VmProxy.EndToEnd.Tests;

/// <summary><c>vmproxy serve</c> as a process: what signals do to it.</summary>
sealed class ServeTests : EndToEndFixture
{
    [Test]
    public async Task It_serves_follows_a_hangup_and_ends_in_order_at_sigterm()
    {
        await StartLabAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", 4 << 20)));
        Bench.Root["Service"] = new JsonObject { ["Http"] = new JsonObject { ["Port"] = 0 } };
        Bench.SaveConfiguration();
        await using var service = Start("serve");
        var log = Path.Combine(Bench["state"], "logs");
        await UntilAsync(() => Logged(log, "Health and metrics at"), "serving", service);

        Bench.Job["Schedule"] = new JsonObject { ["Cron"] = "0 22 * * *" };
        Bench.SaveConfiguration();
        await service.SignalAsync("HUP");
        await UntilAsync(() => Logged(log, "\"Work\":\"backup:nightly\""), "following the new configuration", service);

        await service.SignalAsync("TERM");
        (await service.WaitAsync()).Expect(Done);
        Assert.That(Bench.Leftovers(), Is.Empty);
        Assert.That(Logged(log, "The service ends"));
    }

    [Test]
    public async Task A_wrong_configuration_is_a_wrong_use()
    {
        await StartLabAsync(repository: false);
        Bench.Job["Schedule"] = new JsonObject { ["Cron"] = "at night" };
        Bench.SaveConfiguration();
        var result = (await RunAsync("serve")).Expect(Usage);
        Assert.That(result.ToString(), Does.Contain("VmProxy:Jobs:0:Schedule:Cron"));
    }

    static bool Logged(string folder, string text) => Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Contains(text, StringComparison.Ordinal);
    });
}
