using System.Diagnostics;
using VmProxy.Nbd.Protocol;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests;

sealed class FaultTests
{
    static readonly byte[] Content = BlockContent.Mixed(200_000);

    [Test]
    public async Task A_client_that_drops_with_reads_in_flight_leaves_nothing_behind()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task, MaxInFlight = 8 };
        await using var served = await Served.StartAsync(device);
        for (var round = 0; round < 20; round++)
        {
            using var client = await served.ConnectAsync();
            await client.EnterSimplyAsync();
            await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1000), RawClient.Request(RequestKind.Read, 2, 0, 100_000));
            await device.Begun.WaitAsync();
            await device.Begun.WaitAsync();
        }

        gate.SetResult();
        using var last = await served.ConnectAsync();
        await last.EnterSimplyAsync();
        await last.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1000));
        Assert.That((await last.ReadSimpleReplyAsync()).Error, Is.EqualTo((NbdError)0));
        await served.StopAsync();
        Assert.That(device.Running, Is.Zero);
        Assert.That(served.Log.Errors, Is.Empty);
    }

    [Test]
    public async Task Disconnecting_lets_what_is_in_flight_finish()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task };
        await using var served = await Served.StartAsync(device);
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1000), RawClient.Request(RequestKind.Disconnect, 2, 0, 0));
        await device.Begun.WaitAsync();
        gate.SetResult();
        Assert.That(await client.ReadToEndAsync(), Has.Length.EqualTo(1016));
    }

    [Test]
    public async Task A_server_that_stops_finishes_what_is_in_flight()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task };
        await using var served = await Served.StartAsync(device);
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1000));
        await device.Begun.WaitAsync();
        var stopping = served.StopAsync().AsTask();
        Assert.That(stopping.IsCompleted, Is.False);
        gate.SetResult();
        Assert.That(await client.ReadToEndAsync(), Has.Length.EqualTo(1016));
        client.Dispose();
        await stopping;
        Assert.That(device.Running, Is.Zero);
    }

    [Test]
    public async Task A_server_that_stops_answers_what_cannot_be_finished()
    {
        var device = new FaultyDevice(Content) { Gate = new TaskCompletionSource().Task, MaxInFlight = 1 };
        await using var served = await Served.StartAsync(device, options => options with { StopGrace = TimeSpan.FromMilliseconds(50) });
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1000), RawClient.Request(RequestKind.Read, 2, 0, 1000));
        await device.Begun.WaitAsync();
        var stopping = served.StopAsync().AsTask();
        var answers = new[] { await client.ReadSimpleReplyAsync(), await client.ReadSimpleReplyAsync() };
        Assert.That(answers, Is.SubsetOf(new[] { (NbdError.Shutdown, 1UL), (NbdError.Shutdown, 2UL) }).And.Unique);
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        client.Dispose();
        await stopping;
        Assert.That(device.Running, Is.Zero);
    }

    [Test]
    public async Task A_server_stops_although_clients_are_silent_or_take_no_answers()
    {
        var device = new MemoryBlockDevice(64 * 1024 * 1024);
        await using var served = await Served.StartAsync(device, options => options with { StopGrace = TimeSpan.FromMilliseconds(200) });
        using var connected = await served.ConnectAsync();
        using var idle = await served.ConnectAsync();
        await idle.EnterSimplyAsync();
        using var greedy = await served.ConnectAsync();
        await greedy.EnterSimplyAsync();
        await greedy.SendAsync([.. Enumerable.Range(0, 20).Select(number => RawClient.Request(RequestKind.Read, (ulong)number, 0, 32 * 1024 * 1024))]);
        await greedy.ReadSimpleReplyAsync();
        var watch = Stopwatch.StartNew();
        await served.StopAsync();
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(File.Exists(served.Address.SocketPath), Is.False);
        Assert.That(async () => await served.ConnectAsync(), Throws.InstanceOf<System.Net.Sockets.SocketException>());
    }

    [Test]
    public async Task No_device_is_read_once_the_server_has_ended_even_one_that_hears_no_cancellation()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task, IgnoresCancellation = true };
        await using var served = await Served.StartAsync(device, options => options with { StopGrace = TimeSpan.Zero });
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1000));
        await device.Begun.WaitAsync();
        var stopping = served.StopAsync().AsTask();
        await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, CancellationToken.None));
        Assert.That(stopping.IsCompleted, Is.False);
        gate.SetResult();
        await stopping;
        Assert.That(device.Running, Is.Zero);
    }

    [Test]
    public async Task Descriptors_do_not_leak()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content), options => options with { MaxConnections = 4 });
        await RoundAsync();
        var before = Descriptors();
        for (var round = 0; round < 25; round++)
        {
            await RoundAsync();
        }

        await served.StopAsync();
        Assert.That(Descriptors(), Is.LessThanOrEqualTo(before));

        async Task RoundAsync()
        {
            using var silent = await served.ConnectAsync();
            using var wrong = await served.ConnectAsync();
            await wrong.SendAsync(new byte[100]);
            await wrong.ReadToEndAsync();
            using var good = await served.ConnectAsync();
            await good.EnterSimplyAsync();
            await good.SendAsync(RawClient.Request(RequestKind.Disconnect, 1, 0, 0));
            await good.ReadToEndAsync();
        }

        static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;
    }

    [Test]
    public async Task The_cap_displaces_who_is_still_shaking_hands_and_refuses_when_all_are_at_work()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content), options => options with { MaxConnections = 2 });
        using var silent = await served.ConnectAsync();
        using var first = await served.ConnectAsync();
        await first.EnterSimplyAsync();
        using var second = await served.ConnectAsync();
        Assert.That(await silent.ReadToEndAsync(), Is.Empty);
        await second.EnterSimplyAsync();
        await second.SendAsync(RawClient.Request(RequestKind.Flush, 1, 0, 0));
        await second.ReadSimpleReplyAsync();
        await served.Log.WaitForAsync("client 1 is gone");
        using var third = await RawClient.DialAsync(served.Address);
        Assert.That(await third.ReadToEndAsync(), Is.Empty);
        await served.Log.WaitForAsync("client 4 is refused");
        first.Dispose();
        await served.Log.WaitForAsync("client 2 has left");
    }

    [Test]
    public async Task What_is_no_failure_of_a_device_is_answered_as_one_too()
    {
        var device = new FaultyDevice(Content) { Fault = _ => new InvalidDataException("a point is damaged") };
        await using var served = await Served.StartAsync(device);
        Assert.That(
            async () => await Tool.RunAsync(Tool.Require("nbdcopy", "libnbd-bin"), [served.Uri, "null:"]),
            Throws.InvalidOperationException.With.Message.Contains("Input/output error"));
        Assert.That(served.Log.Errors, Has.Some.Contains("a point is damaged"));
    }
}
