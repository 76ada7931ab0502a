using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Engine;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Serving;
using VmProxy.LabTesting;
using VmProxy.Testing;

namespace VmProxy.Cli.Tests;

/// <summary><c>serve-disk</c>, judged by nbdcopy and by what <c>restore disk</c> gives.</summary>
sealed class ServeDiskCommandTests : CliFixture
{
    [Test]
    public async Task What_is_served_is_what_is_restored_without_vcenter_and_beside_a_prune()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 65536, seed: 9);
        var point = await BackUpAsync();
        var password = await File.ReadAllTextAsync(Bench["password"]);
        File.Delete(Bench["password"]);
        Expect(await RunAsync("restore", "disk", point, "2000", "--to", Bench["restored.img"]), ExitCodes.Done);

        await using var serving = new Serving(Bench, point, "2000", Bench["nbd.sock"]);
        var uri = (await serving.FirstLineAsync()).TrimEnd();
        Assert.That(uri, Is.EqualTo($"nbd+unix:///?socket={Bench["nbd.sock"]}"));
        await CopyAsync(uri, "served.img");
        await Tool.RunAsync("cmp", [Bench["served.img"], Bench["restored.img"]]);
        Assert.That(await LabBench.HashFileAsync(Bench["served.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));

        // The other point goes, and what only it used is rewritten and deleted at once under the reader.
        await File.WriteAllTextAsync(Bench["password"], password);
        Expect(await RunAsync("repo", "prune", "--keep-last", "1", "--grace", "00:00:00"), ExitCodes.Done, "deleted");
        await CopyAsync(uri, "again.img");
        await Tool.RunAsync("cmp", [Bench["again.img"], Bench["restored.img"]]);

        var ended = await serving.EndAsync();
        Expect(ended, ExitCodes.Done, "web01 / Hard disk 1", "read-only", "with 1 export");
        Assert.That(ended.Errors, Does.Not.Contain("1 exports"));
        Assert.That(ended.Output.TrimEnd(), Is.EqualTo(uri), "one line, for scripts");
        Assert.That(File.Exists(Bench["nbd.sock"]), Is.False);
    }

    [Test]
    public async Task One_document_tells_programs_that_it_is_ready()
    {
        await StartAsync();
        var point = await BackUpAsync();
        await using var serving = new Serving(Bench, point[..^1], "disk1", "localhost:0", "--json");
        await serving.FirstLineAsync();
        var served = JsonDocument.Parse(serving.Output).RootElement;
        Assert.That(served.GetProperty("point").GetString(), Is.EqualTo(point));
        Assert.That(served.GetProperty("virtualMachine").GetString(), Is.EqualTo("web01"));
        Assert.That(served.GetProperty("disk").GetString(), Is.EqualTo("Hard disk 1"));
        var size = await Tool.RunAsync(Tool.Require("nbdinfo", "libnbd-bin"), ["--size", served.GetProperty("uri").GetString()!]);
        Assert.That(size.TrimEnd(), Is.EqualTo($"{served.GetProperty("capacityBytes").GetInt64()}"));
        Expect(await serving.EndAsync(), ExitCodes.Done);
    }

    [Test]
    public async Task What_cannot_be_served_is_told()
    {
        await StartAsync();
        var point = await BackUpAsync();
        await File.WriteAllTextAsync(Bench["file"], "precious");
        Expect(await RunAsync("serve-disk", "nope", "2000", "--nbd", Bench["s"]), ExitCodes.Failed, "REPO_POINT_NOT_FOUND");
        Expect(await RunAsync("serve-disk", point, "9", "--nbd", Bench["s"]), ExitCodes.Failed, "RESTORE_DISK_UNKNOWN", "Hard disk 1");
        Expect(await RunAsync("serve-disk", point, "2000", "--nbd", Bench["none/s"]), ExitCodes.Failed, $"the folder {Bench["none"]} does not exist");
        var error = Expect(await RunAsync("--json", "serve-disk", point, "2000", "--nbd", Bench["file"]), ExitCodes.Failed).Json.GetProperty("error");
        Assert.That((error.GetProperty("code").GetString(), error.GetProperty("object").GetString()), Is.EqualTo(("NBD_NOT_A_SOCKET", Bench["file"])));
        Assert.That(await File.ReadAllTextAsync(Bench["file"]), Is.EqualTo("precious"));
    }

    [Test]
    public async Task Damage_is_a_read_error_for_the_client_and_named_in_the_log()
    {
        await StartAsync();
        var point = await BackUpAsync();
        var pack = new DirectoryInfo(Bench.RepositoryFolder).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        var bytes = await File.ReadAllBytesAsync(pack.FullName);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(pack.FullName, bytes);
        await using var serving = new Serving(Bench, point, "2000", Bench["nbd.sock"]);
        var uri = (await serving.FirstLineAsync()).TrimEnd();
        Assert.That(async () => await CopyAsync(uri, "served.img"), Throws.InvalidOperationException.With.Message.Contains("Input/output error"));
        Expect(await serving.EndAsync(), ExitCodes.Done, "is not the one that was written", "vmproxy verify");
    }

    [Test]
    public async Task A_point_that_is_deleted_while_it_is_served_is_not_lost_silently()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var point = await BackUpAsync();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var log = new Warnings();
        await using var session = new ProxySession(ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>()), time, log);
        using var ending = new CancellationTokenSource();
        var ready = new TaskCompletionSource<ServedDisk>(TaskCreationOptions.RunContinuationsAsynchronously);
        var serving = new ServeDisk(session).RunAsync(new ServeDiskRequest(point, "2000", Bench["nbd.sock"]), ready.SetResult, ending.Token);
        var served = await ready.Task;
        Expect(await RunAsync("point", "delete", point, "--force"), ExitCodes.Done);
        while (!log.Heard.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAny(log.Heard.Task, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None));
        }

        Assert.That(await log.Heard.Task, Does.Contain(point).And.Contain("was deleted while it is in use"));
        await CopyAsync(served.Uri, "served.img");
        Assert.That(await LabBench.HashFileAsync(Bench["served.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
        await ending.CancelAsync();
        await serving;
    }

    async Task<string> BackUpAsync() =>
        Expect(await RunAsync("backup", "--json"), ExitCodes.Done).Json.GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;

    Task CopyAsync(string uri, string file) => Tool.RunAsync(Tool.Require("nbdcopy", "libnbd-bin"), [uri, Bench[file]]);

    /// <summary>The command, running in this process until it is ended.</summary>
    sealed class Serving : IAsyncDisposable
    {
        readonly CancellationTokenSource _ending = new();
        readonly HeardWriter _output = new();
        readonly HeardWriter _errors = new();
        readonly Task<int> _running;

        public Serving(LabBench bench, string point, string disk, string address, params string[] options)
        {
            bench.SaveConfiguration();
            _running = CommandLine.RunAsync(
                ["--config", bench.ConfigurationFile, .. options, "serve-disk", point, disk, "--nbd", address],
                new Terminal(_output, _errors, outputRedirected: true, errorsRedirected: true, () => Stream.Null),
                _ending.Token);
        }

        public string Output => _output.ToString();

        /// <summary>What it prints when clients can connect; fails when it ends instead.</summary>
        public async Task<string> FirstLineAsync()
        {
            await Task.WhenAny(_output.Heard, _running);
            return _output.Heard.IsCompleted ? _output.ToString() : throw new AssertionException($"It ended with {await _running}: {_errors}");
        }

        /// <summary>Presses Ctrl-C.</summary>
        public async Task<CliResult> EndAsync()
        {
            await _ending.CancelAsync();
            return new CliResult(await _running, _output.ToString(), _errors.ToString());
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            _ending.Dispose();
            await _output.DisposeAsync();
            await _errors.DisposeAsync();
        }
    }

    /// <summary>Text of several threads, which tells when the first of it is whole.</summary>
    sealed class HeardWriter : TextWriter
    {
        readonly StringBuilder _text = new();
        readonly Lock _lock = new();
        readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Heard => _heard.Task;

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value)
        {
            lock (_lock)
            {
                _text.Append(value);
            }
        }

        public override void WriteLine(string? value)
        {
            Write(value + "\n");
            _heard.TrySetResult();
        }

        public override string ToString()
        {
            lock (_lock)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>Hears the first warning.</summary>
    sealed class Warnings : ILoggerFactory, ILogger
    {
        public TaskCompletionSource<string> Heard { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                Heard.TrySetResult(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
