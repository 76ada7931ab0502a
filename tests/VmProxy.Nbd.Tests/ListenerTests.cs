using System.Net;
using System.Runtime.Versioning;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests;

[SupportedOSPlatform("linux")]
sealed class ListenerTests
{
    static readonly NbdExport Export = new("", "", new MemoryBlockDevice(512));

    TempFolder _folder = null!;

    NbdServerOptions Options => new(NbdAddress.Socket(_folder["s"]));

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task A_socket_is_its_owners_only_and_goes_with_the_server()
    {
        await using (await StartAsync())
        {
            Assert.That(File.GetUnixFileMode(_folder["s"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task A_socket_whose_server_is_dead_is_replaced()
    {
        LeaveDeadSocket();
        await using var server = await StartAsync();
        using var client = await RawClient.ConnectAsync(server.Address);
        Assert.That((await client.EnterSimplyAsync()).Size, Is.EqualTo(512));
    }

    [Test]
    public async Task A_living_server_keeps_its_socket()
    {
        await using var first = await StartAsync();
        var refusal = Assert.ThrowsAsync<NbdException>(StartAsync);
        Assert.That(refusal!.Code, Is.EqualTo(NbdErrorCodes.InUse));
        Assert.That(refusal.Address, Is.EqualTo(_folder["s"]));
        using var client = await RawClient.ConnectAsync(first.Address);
    }

    [Test]
    public async Task No_other_file_is_replaced()
    {
        await File.WriteAllTextAsync(_folder["s"], "precious");
        Assert.That(Assert.ThrowsAsync<NbdException>(StartAsync)!.Code, Is.EqualTo(NbdErrorCodes.NotASocket));
        Assert.That(await File.ReadAllTextAsync(_folder["s"]), Is.EqualTo("precious"));
        File.Delete(_folder["s"]);
        await Tool.RunAsync("mkfifo", [_folder["s"]]);
        Assert.That(Assert.ThrowsAsync<NbdException>(StartAsync)!.Code, Is.EqualTo(NbdErrorCodes.NotASocket));
        File.Delete(_folder["s"]);
        Directory.CreateDirectory(_folder["s"]);
        Assert.That(Assert.ThrowsAsync<NbdException>(StartAsync)!.Code, Is.EqualTo(NbdErrorCodes.NotASocket));
        Directory.Delete(_folder["s"]);
        File.CreateSymbolicLink(_folder["s"], "dead");
        LeaveDeadSocket("dead");
        Assert.That(Assert.ThrowsAsync<NbdException>(StartAsync)!.Code, Is.EqualTo(NbdErrorCodes.NotASocket));
        Assert.That(SocketExists("dead"));
    }

    [Test]
    public async Task A_file_that_took_the_sockets_name_stays_when_the_server_ends()
    {
        await using (await StartAsync())
        {
            File.Delete(_folder["s"]);
            await File.WriteAllTextAsync(_folder["s"], "precious");
        }

        Assert.That(await File.ReadAllTextAsync(_folder["s"]), Is.EqualTo("precious"));
    }

    [Test]
    public async Task Where_the_system_refuses_the_reason_is_told()
    {
        var nowhere = Assert.ThrowsAsync<NbdException>(() => StartAsync(Options with { Address = NbdAddress.Socket(_folder["no/such/s"]) }));
        Assert.That(nowhere!.Code, Is.EqualTo(NbdErrorCodes.ListenFailed));
        Assert.That(nowhere.Message, Does.Contain($"the folder {_folder["no/such"]} does not exist"));
        await using var server = await StartAsync(Options with { Address = NbdAddress.Parse("127.0.0.1:0") });
        Assert.That(
            Assert.ThrowsAsync<NbdException>(() => StartAsync(Options with { Address = server.Address }))!.Code, Is.EqualTo(NbdErrorCodes.InUse));
    }

    [Test]
    public void Exports_are_there_and_named_apart()
    {
        Assert.ThrowsAsync<ArgumentException>(() => NbdServer.StartAsync(Options, [], CancellationToken.None));
        Assert.ThrowsAsync<ArgumentException>(() => NbdServer.StartAsync(Options, [Export, Export], CancellationToken.None));
        Assert.ThrowsAsync<ArgumentException>(() => NbdServer.StartAsync(Options, [Export with { Name = new string('ж', 2049) }], CancellationToken.None));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [TestCase("127.0.0.1:10809", "nbd://127.0.0.1:10809/")]
    [TestCase("localhost:1", "nbd://127.0.0.1:1/")]
    [TestCase("127.8.9.10:1", "nbd://127.8.9.10:1/")]
    [TestCase("[::1]:10809", "nbd://[::1]:10809/")]
    [TestCase("/run/a b?.sock", "nbd+unix:///?socket=/run/a%20b%3F.sock")]
    [TestCase("/run/x:1", "nbd+unix:///?socket=/run/x%3A1")]
    public void An_address_is_a_uri(string text, string uri) => Assert.That(NbdAddress.Parse(text).UriOf(""), Is.EqualTo(uri));

    [Test]
    public void A_relative_path_is_made_full() => Assert.That(NbdAddress.Parse("./x.sock").SocketPath, Is.EqualTo(Path.GetFullPath("x.sock")));

    [TestCase("0.0.0.0:10809", NbdErrorCodes.NotLoopback)]
    [TestCase("[::]:10809", NbdErrorCodes.NotLoopback)]
    [TestCase("10.1.2.3:10809", NbdErrorCodes.NotLoopback)]
    [TestCase("backup.example:10809", NbdErrorCodes.NotLoopback)]
    [TestCase(":10809", NbdErrorCodes.AddressInvalid)]
    [TestCase("localhost", NbdErrorCodes.AddressInvalid)]
    [TestCase("x.sock", NbdErrorCodes.AddressInvalid)]
    [TestCase("::1:10809", NbdErrorCodes.AddressInvalid)]
    [TestCase("127.0.0.1:", NbdErrorCodes.AddressInvalid)]
    [TestCase("127.0.0.1:65536", NbdErrorCodes.AddressInvalid)]
    [TestCase("127.0.0.1:-1", NbdErrorCodes.AddressInvalid)]
    [TestCase("", NbdErrorCodes.AddressInvalid)]
    [TestCase("/a\0b", NbdErrorCodes.AddressInvalid)]
    [TestCase("/a-path-of-more-bytes-than-fit-into-an-address-of-the-kernel/which-are-one-hundred-and-eight/and-this-is-longer", NbdErrorCodes.AddressInvalid)]
    public void An_address_that_cannot_be_served_is_refused(string text, string code) =>
        Assert.That(Assert.Throws<NbdException>(() => NbdAddress.Parse(text))!.Code, Is.EqualTo(code));

    [Test]
    public void Only_loopback_is_taken() =>
        Assert.That(Assert.Throws<NbdException>(() => NbdAddress.Loopback(new IPEndPoint(IPAddress.Any, 1)))!.Code, Is.EqualTo(NbdErrorCodes.NotLoopback));

    Task<NbdServer> StartAsync() => StartAsync(Options);

    static Task<NbdServer> StartAsync(NbdServerOptions options) => NbdServer.StartAsync(options, [Export], CancellationToken.None);

    /// <summary>A socket that nobody listens at. .NET would remove it, so a short-lived process binds it.</summary>
    void LeaveDeadSocket(string name = "s") => Tool.RunAsync(
        Tool.Require("python3", "python3"), ["-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", _folder[name]]).GetAwaiter().GetResult();

    bool SocketExists(string name) => Directory.GetFileSystemEntries(_folder.Path).Contains(_folder[name]);
}
