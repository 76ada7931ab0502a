using System.Net.Sockets;
using VmProxy.LabTesting;
using VmProxy.Testing;

namespace VmProxy.EndToEnd.Tests;

/// <summary><c>vmproxy serve-disk</c> as a process: it serves, and signals end it in order.</summary>
sealed class ServeDiskTests : EndToEndFixture
{
    [TestCase("INT")]
    [TestCase("TERM")]
    public async Task It_serves_until_a_signal_ends_it_in_order(string signal)
    {
        await StartLabAsync();
        var point = (await RunAsync("--json", "backup")).Expect(Done).Json.GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;
        await using var serving = Start("serve-disk", point, "2000", "--nbd", Bench["nbd.sock"]);
        await UntilAsync(() => Listens(Bench["nbd.sock"]), "listening", serving);
        var uri = $"nbd+unix:///?socket={Bench["nbd.sock"]}";
        await Tool.RunAsync(Tool.Require("nbdcopy", "libnbd-bin"), ["--connections=4", uri, Bench["served.img"]]);
        Assert.That(await LabBench.HashFileAsync(Bench["served.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
        await serving.SignalAsync(signal);
        var ended = (await serving.WaitAsync()).Expect(Done);
        Assert.That(ended.ToString(), Does.Contain(uri));
        Assert.That(File.Exists(Bench["nbd.sock"]), Is.False);
    }

    static bool Listens(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
