using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using static VmProxy.Vim25.Tests.Xml;

namespace VmProxy.Vim25.Tests;

/// <summary>The channel against a real HTTP server.</summary>
public class SoapChannelTests
{
    private static readonly ManagedObjectReference Sessions = new("SessionManager", "SessionManager");

    private SocketsHttpHandler _handler = null!;

    [SetUp]
    public void CreateHandler() => _handler = new SocketsHttpHandler { UseCookies = false };

    [TearDown]
    public void DisposeHandler() => _handler.Dispose();

    [Test]
    public async Task ACallIsPostedAsServersExpectIt()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, Answer("Login", "<returnval><key>k</key><userName>u</userName></returnval>")));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        var session = await new VimClient(channel).LoginAsync(Sessions, "u", "<p>");

        Assert.That((session.Key, session.UserName), Is.EqualTo(("k", "u")));
        var (headers, body) = server.Requests.Single();
        Assert.That((headers["SOAPAction"].ToString(), headers["Content-Type"].ToString()), Is.EqualTo(("\"urn:vim25/6.7\"", "text/xml; charset=\"utf-8\"")));
        Assert.That(body, Does.Contain("<password>&lt;p&gt;</password>").And.Not.Contain("locale"));
    }

    [Test]
    public async Task TheSessionCookieIsKeptVerbatimAndSentBack()
    {
        await using var server = await SoapServer.StartAsync(context =>
        {
            context.Response.Headers.Append("Set-Cookie", "other=1; Path=/");
            context.Response.Headers.Append("Set-Cookie", "vmware_soap_session=\"5f-a=\"; Path=/; HttpOnly; Secure");
            return Reply(context, Answer("Logout", ""));
        });
        using var channel = new SoapChannel(server.Url, _handler, "6.7");
        var client = new VimClient(channel);

        await client.LogoutAsync(Sessions);
        await client.LogoutAsync(Sessions);

        Assert.That(channel.SessionCookie, Is.EqualTo("vmware_soap_session=\"5f-a=\""));
        Assert.That(server.Requests.Select(request => request.Headers["Cookie"].ToString()), Is.EqualTo(new[] { "", "vmware_soap_session=\"5f-a=\"" }));
    }

    [Test]
    public async Task AFaultComesWithStatus500()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, Fault("No.", "<detail><InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"/></detail>"), 500));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        var fault = Assert.ThrowsAsync<VimFaultException>(() => new VimClient(channel).LoginAsync(Sessions, "u", "p"));

        Assert.That(fault.Fault, Is.InstanceOf<InvalidLogin>());
        Assert.That(fault.Message, Does.Not.Contain("\"p\""));
    }

    [Test]
    public async Task AResultThatMayBeAbsentIsNull()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, Answer("FindByUuid", "")));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        Assert.That(await new VimClient(channel).FindByUuidAsync(new("SearchIndex", "s"), null, "u", true), Is.Null);
    }

    [Test]
    public async Task ResultsCanBeHadAsReceived()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, Answer("FindAllByUuid", "<returnval type=\"VirtualMachine\" extra=\"1\">vm-1</returnval><returnval>vm-2</returnval>")));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        var results = await new VimClient(channel).CallRawAsync(new FindAllByUuidRequest { This = new("SearchIndex", "s"), Uuid = "u", VmSearch = true });

        Assert.That(results.Select(result => (result.Value, (string?)result.Attribute("extra"))), Is.EqualTo(new[] { ("vm-1", "1"), ("vm-2", null) }));
    }

    [Test]
    public async Task AMissingResultIsAFormatError()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, Answer("Login", "")));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        Assert.ThrowsAsync<VimFormatException>(() => new VimClient(channel).LoginAsync(Sessions, "u", "p"));
    }

    [TestCase(503, "text/html")]
    [TestCase(200, "text/html")]
    [TestCase(500, null)]
    [TestCase(404, "text/xml")]
    public async Task WhatIsNoSoapServiceIsNamedByItsStatus(int status, string? type)
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, "<html/>"u8.ToArray(), status, type));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        var problem = Assert.ThrowsAsync<VimTransportException>(() => new VimClient(channel).LogoutAsync(Sessions));

        Assert.That((problem.Code, problem.HttpStatus, problem.Operation), Is.EqualTo((VimErrorCodes.HttpStatus, (int?)status, "Logout")));
    }

    [Test]
    public async Task AnAnswerBeyondTheBoundIsRefused()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, Answer("Logout", new string(' ', 300_000))));
        using var http = new HttpClient(_handler, disposeHandler: false);
        using var channel = new SoapChannel(server.Url, http, new SoapChannelOptions { MaxAnswerBytes = 200_000 });

        var problem = Assert.ThrowsAsync<VimTransportException>(() => new VimClient(channel).LogoutAsync(Sessions));

        Assert.That(problem.Code, Is.EqualTo(VimErrorCodes.AnswerTooLarge));
    }

    [Test]
    public async Task AConnectionThatBreaksInTheMiddleIsLost()
    {
        await using var server = await SoapServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/xml";
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("<soap");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using var channel = new SoapChannel(server.Url, _handler, "6.7");

        var problem = Assert.ThrowsAsync<VimTransportException>(() => new VimClient(channel).LogoutAsync(Sessions));

        Assert.That(problem.Code, Is.EqualTo(VimErrorCodes.ConnectionLost));
    }

    [Test]
    public void AClosedPortIsUnreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var channel = new SoapChannel(new Uri($"http://127.0.0.1:{port}/sdk"), _handler, "6.7");

        var problem = Assert.ThrowsAsync<VimTransportException>(() => new VimClient(channel).LogoutAsync(Sessions));

        Assert.That((problem.Code, problem.HttpStatus), Is.EqualTo((VimErrorCodes.Unreachable, (int?)null)));
        Assert.That(problem.Message, Does.Contain($"127.0.0.1:{port}"));
    }

    [Test]
    public async Task PlainHttpWhereTlsIsExpectedIsATlsError()
    {
        await using var server = await SoapServer.StartAsync(context => Reply(context, []));
        using var channel = new SoapChannel(new UriBuilder(server.Url) { Scheme = "https" }.Uri, _handler, "6.7");

        var problem = Assert.ThrowsAsync<VimTransportException>(() => new VimClient(channel).LogoutAsync(Sessions));

        Assert.That(problem.Code, Is.EqualTo(VimErrorCodes.Tls));
    }

    [Test]
    public async Task CancellingEndsACallAsCancelled()
    {
        await using var server = await SoapServer.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var channel = new SoapChannel(server.Url, _handler, "6.7");
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        Assert.CatchAsync<OperationCanceledException>(() => new VimClient(channel).LogoutAsync(Sessions, cancellation.Token));
    }

    [Test]
    public async Task AClientsOwnTimeLimitIsALostConnection()
    {
        await using var server = await SoapServer.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var http = new HttpClient(_handler, disposeHandler: false) { Timeout = TimeSpan.FromMilliseconds(200) };
        using var channel = new SoapChannel(server.Url, http, new SoapChannelOptions());

        var problem = Assert.ThrowsAsync<VimTransportException>(() => new VimClient(channel).LogoutAsync(Sessions));

        Assert.That(problem.Code, Is.EqualTo(VimErrorCodes.ConnectionLost));
    }

    private static async Task Reply(HttpContext context, byte[] body, int status = 200, string? type = "text/xml; charset=utf-8")
    {
        context.Response.StatusCode = status;
        if (type is not null)
        {
            context.Response.ContentType = type;
        }

        await context.Response.Body.WriteAsync(body);
    }
}
