using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests.Session;

public sealed class SessionTests
{
    VcsimProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await VcsimProcess.StartAsync([]);

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task A_login_learns_what_the_server_is()
    {
        await using var connection = await Simulated.ConnectAsync(_server);
        Assert.That(connection.IsVcenter);
        Assert.That(connection.About.FullName, Does.Contain("vCenter Server 6.5"));
        Assert.That(connection.InstanceUuid, Is.Not.Empty);
    }

    [Test]
    public async Task A_single_host_is_recognized()
    {
        await using var host = await VcsimProcess.StartAsync(["-esx"]);
        await using var connection = await Simulated.ConnectAsync(host);
        Assert.That(connection.IsVcenter, Is.False);
        var inventory = await connection.ReadInventoryAsync(CancellationToken.None);
        Assert.That(inventory.Hosts, Has.Count.EqualTo(1));
        Assert.That(inventory.VirtualMachines, Has.Count.EqualTo(2));
        Assert.That(inventory.VirtualMachines[0].Datacenter?.Name, Is.EqualTo("ha-datacenter"));
    }

    [Test]
    public async Task A_server_that_is_none_of_ours_is_told()
    {
        await using var lab = await Lab.StartAsync();
        var options = Lab.Options(lab.Server) with { Url = new Uri(lab.Server.Url + "/elsewhere/") };
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await Simulated.ConnectAsync(options));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.ProtocolError));
        Assert.That(failure.Message, Does.Contain("address is that of a vCenter"));
    }

    [Test]
    public void A_wrong_password_is_told_without_the_password()
    {
        var options = Simulated.Options(_server) with { Password = "not-the-password" };
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await Simulated.ConnectAsync(options));
        Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.LoginFailed));
        Assert.That(failure.ToString(), Does.Not.Contain("not-the-password"));
        Assert.That(options.ToString(), Does.Not.Contain("not-the-password"));
    }

    [Test]
    public void A_server_that_does_not_exist_is_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var options = Simulated.Options(_server) with { Url = new Uri($"https://127.0.0.1:{port}") };
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await Simulated.ConnectAsync(options));
        Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.Unreachable));
        Assert.That(failure.Message, Does.Contain(port.ToString(CultureInfo.InvariantCulture)));
    }

    [Test]
    public async Task A_server_that_never_answers_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var time = new FakeTimeProvider();
        var options = Simulated.Options(_server) with { Url = new Uri($"https://127.0.0.1:{port}"), CallTimeout = TimeSpan.FromMinutes(1) };
        var connecting = Simulated.ConnectAsync(options, time);
        using var accepted = await listener.AcceptTcpClientAsync();
        time.Advance(TimeSpan.FromMinutes(2));
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await connecting);
        Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.Timeout));
    }

    [Test]
    public async Task Requirement_09_a_terminated_session_is_renewed_and_the_call_repeated()
    {
        await using var connection = await Simulated.ConnectAsync(_server);
        await TerminateAsync(connection);
        var inventory = await connection.ReadInventoryAsync(CancellationToken.None);
        Assert.That(inventory.VirtualMachines, Is.Not.Empty);
        Assert.That(connection.Caller.Live.Number, Is.EqualTo(2));
    }

    [Test]
    public async Task Requirement_09_many_callers_that_find_the_session_ended_log_in_once()
    {
        await using var connection = await Simulated.ConnectAsync(_server);
        await TerminateAsync(connection);
        var reads = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => connection.ReadInventoryAsync(CancellationToken.None)));
        Assert.That(reads.Select(inventory => inventory.VirtualMachines.Count).Distinct().Count(), Is.EqualTo(1));
        Assert.That(connection.Caller.Live.Number, Is.EqualTo(2), "one login more, not eight");
    }

    [Test]
    public async Task Requirement_09_signs_of_life_renew_a_session_that_nobody_uses()
    {
        var time = new FakeTimeProvider();
        var log = new Watcher(awaited: 1001, times: 2);
        var options = Simulated.Options(_server) with { KeepAlive = TimeSpan.FromMinutes(5), CallTimeout = TimeSpan.FromHours(1) };
        await using var connection = await VcenterConnection.ConnectAsync(options, time, log, CancellationToken.None);
        await TerminateAsync(connection);
        time.Advance(TimeSpan.FromMinutes(5));
        await log.Seen;
        Assert.That(await connection.ReadInventoryAsync(CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task Requirement_09_a_session_that_idled_out_is_renewed()
    {
        await using var server = await VcsimProcess.StartAsync(["-idle", "100ms"]);
        await using var connection = await Simulated.ConnectAsync(server);
        string first = connection.Caller.Live.Key;
        for (int tries = 0; tries < 100 && connection.Caller.Live.Number == 1; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System);
            Assert.That((await connection.ReadInventoryAsync(CancellationToken.None)).VirtualMachines, Is.Not.Empty);
        }

        Assert.That(connection.Caller.Live.Key, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Leaving_logs_out()
    {
        string key;
        await using (var connection = await Simulated.ConnectAsync(_server))
        {
            key = connection.Caller.Live.Key;
        }

        await using var other = await Simulated.ConnectAsync(_server);
        var live = other.Caller.Live;
        Assert.That(await live.Client.SessionIsActiveAsync(live.Content.SessionManager!, key, VcsimProcess.User), Is.False);
    }

    [Test]
    public async Task Nothing_secret_is_logged()
    {
        var log = new Watcher();
        string key;
        await using (var connection = await VcenterConnection.ConnectAsync(
            Simulated.Options(_server), TimeProvider.System, log, CancellationToken.None))
        {
            key = connection.Caller.Live.Key;
            await TerminateAsync(connection);
            await connection.ReadInventoryAsync(CancellationToken.None);
        }

        Assert.That(log.Lines, Is.Not.Empty);
        Assert.That(log.Lines, Has.None.Contains(VcsimProcess.Password).And.None.Contains(key));
    }

    async Task TerminateAsync(VcenterConnection victim)
    {
        await using var other = await Simulated.ConnectAsync(_server);
        var live = other.Caller.Live;
        await live.Client.TerminateSessionAsync(live.Content.SessionManager!, [victim.Caller.Live.Key]);
    }
}
