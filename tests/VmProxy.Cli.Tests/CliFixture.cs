using System.Text;
using System.Text.Json;
using VmProxy.LabTesting;

namespace VmProxy.Cli.Tests;

/// <summary>The command line, run in this process against a lab.</summary>
abstract class CliFixture
{
    LabBench? _bench;

    protected LabBench Bench => _bench!;

    protected async Task StartAsync(Action<Lab.LabOptions>? change = null, bool repository = true)
    {
        _bench = await LabBench.StartAsync(change);
        if (repository)
        {
            Expect(await RunAsync("repo", "init"), ExitCodes.Done);
        }
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_bench is not null)
        {
            await _bench.DisposeAsync();
            _bench = null;
        }
    }

    protected async Task<CliResult> RunAsync(params string[] arguments)
    {
        Bench.SaveConfiguration();
        return await RunPlainAsync(["--config", Bench.ConfigurationFile, .. arguments]);
    }

    protected static async Task<CliResult> RunPlainAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var binary = new MemoryStream();
        var code = await CommandLine.RunAsync(arguments, new Terminal(output, errors, outputRedirected: true, errorsRedirected: true, () => binary));
        // What the command disposed can still be read as an array.
        return new CliResult(code, output + Encoding.UTF8.GetString(binary.ToArray()), errors.ToString()) { Bytes = binary.ToArray() };
    }

    /// <summary>The command ended with this exit code, and said all of these on one of its streams.</summary>
    protected static CliResult Expect(CliResult result, int code, params string[] said)
    {
        Assert.That(result.Code, Is.EqualTo(code), result.ToString());
        foreach (var words in said)
        {
            Assert.That(result.ToString(), Does.Contain(words));
        }

        Assert.That(result.ToString(), Does.Not.Contain("   at VmProxy"), "a stack trace is for bugs");
        return result;
    }
}

/// <summary>What a command printed, and how it ended.</summary>
sealed record CliResult(int Code, string Output, string Errors)
{
    /// <summary>What was written to standard output as bytes.</summary>
    public byte[] Bytes { get; init; } = [];

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public override string ToString() => $"exit {Code}\n{Output}\n{Errors}";
}
