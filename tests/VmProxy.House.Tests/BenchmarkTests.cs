using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using VmProxy.Testing;

namespace VmProxy.House.Tests;

/// <summary>The benchmarks still run. What they measure is no test's business.</summary>
[Category("Slow")]
sealed class BenchmarkTests
{
    [Test]
    public async Task The_benchmark_of_the_repository_runs_to_its_end()
    {
        Tool.Require("time", "time");
        var result = await CliWrap.Cli.Wrap(House.Full("tools/bench.sh"))
            .WithArguments(["repository", "--smoke", "--json"])
            .WithEnvironmentVariables(variables => variables.Set("VMPROXY_BENCHMARKS", Path.Combine(AppContext.BaseDirectory, "VmProxy.Benchmarks.dll")))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync();
        Assert.That(result.ExitCode, Is.Zero, result.StandardError);
        var figures = result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var names = figures.Select(figure => figure.GetProperty("figure").GetString()).ToList();
        Assert.That(names, Is.Unique.And.Some.Contains("CPU a GiB").And.Some.Contains("verify").And.Some.Contains("peak anonymous memory"));
        Assert.That(figures.Select(figure => figure.GetProperty("ours").GetDouble()), Is.All.GreaterThan(0));
        Assert.That(House.Exists("artifacts/bench/repository.json"));
    }

    [Test]
    public async Task The_benchmark_of_guest_files_runs_to_its_end()
    {
        Tool.Require("fls", "sleuthkit");
        Tool.Require("ntfs-3g", "ntfs-3g");
        var result = await CliWrap.Cli.Wrap(House.Full("tools/bench.sh"))
            .WithArguments(["files", "--smoke", "--json"])
            .WithEnvironmentVariables(variables => variables
                .Set("VMPROXY_BENCHMARKS", Path.Combine(AppContext.BaseDirectory, "VmProxy.Benchmarks.dll"))
                .Set("VMPROXY_PROGRAM", House.Full("artifacts/bin/VmProxy.Cli/release/vmproxy.dll")))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync();
        Assert.That(result.ExitCode, Is.Zero, result.StandardError);
        var figures = result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var names = figures.Select(figure => figure.GetProperty("figure").GetString()).ToList();
        Assert.That(names, Is.Unique.And.Some.Contains("list ext4").And.Some.Contains("list NTFS").And.Some.Contains("first byte").And.Some.Contains("large file"));
        Assert.That(figures.Select(figure => figure.GetProperty("ours").GetDouble()), Is.All.GreaterThan(0));
        Assert.That(figures.Select(figure => figure.GetProperty("holds").ValueKind), Is.All.EqualTo(JsonValueKind.Null), "so little is not judged");
    }
}
