using System.Text.Json;
using VmProxy.Benchmarks.Running;
using VmProxy.Benchmarks.Tree;

namespace VmProxy.Benchmarks.Repository;

/// <summary>Our repository against restic and borg on one disk, all in one run, in turn, round by round.</summary>
sealed class RepositoryBenchmark(string cache, BenchmarkOptions options, Action<string> say)
{
    public const int CompactLevel = 3;

    readonly Results _results = new();

    /// <summary>The level of compression that ours has unless told otherwise.</summary>
    public static int DefaultLevel => VmProxy.Repository.Tuning.Default.CompressionLevel;

    public async Task<Results> RunAsync(CancellationToken cancellationToken)
    {
        var image = await DiskImage.PrepareAsync(cache, options.DiskBytes, say, cancellationToken);
        var work = Path.Combine(cache, $"work-{Environment.ProcessId}");
        try
        {
            for (var round = 1; round <= options.Rounds; round++)
            {
                await RoundAsync(work, image, round, cancellationToken);
            }
        }
        finally
        {
            Remove(work);
        }

        return _results;
    }

    async Task RoundAsync(string work, DiskImage image, int round, CancellationToken cancellationToken)
    {
        foreach (var make in Tools(options.Peers))
        {
            var folder = Path.Combine(work, "tool");
            Remove(work);
            Directory.CreateDirectory(folder);
            var runner = new Runner(work);
            var tool = make(runner, folder);
            say($"Round {round} of {options.Rounds}: {tool.Name}");
            await TurnAsync(tool, runner, image, Path.Combine(work, "restored.img"), cancellationToken);
            await runner.SettleAsync(cancellationToken);
        }
    }

    async Task TurnAsync(ITool tool, Runner runner, DiskImage image, string restored, CancellationToken cancellationToken)
    {
        await tool.InitializeAsync(cancellationToken);
        await WarmAsync(image, cancellationToken);
        await runner.SettleAsync(cancellationToken);
        _results.Add(tool.Name, Step.Full, await tool.BackupAsync(image.First, cancellationToken));
        var size = Sizes.Of(tool.Folder);
        _results.Add(tool.Name, Step.Full, Unit.Size, size);
        await runner.SettleAsync(cancellationToken);
        if (tool is Ours ours)
        {
            var (all, allGrowth) = await ours.BackupAllIntoCopyAsync(image.Second, cancellationToken);
            _results.Add(tool.Name, Step.Second, all);
            _results.Add(tool.Name, Step.Second, Unit.Growth, allGrowth);
            await runner.SettleAsync(cancellationToken);
            var areas = await ours.BackupAreasAsync(image.Second, image.Changes, cancellationToken);
            _results.Add(tool.Name, Step.Areas, areas);
            _results.Add(tool.Name, Step.Areas, Unit.Growth, Sizes.Of(tool.Folder) - size);
        }
        else
        {
            _results.Add(tool.Name, Step.Second, await tool.BackupAsync(image.Second, cancellationToken));
            _results.Add(tool.Name, Step.Second, Unit.Growth, Sizes.Of(tool.Folder) - size);
        }

        await runner.SettleAsync(cancellationToken);
        _results.Add(tool.Name, Step.Restore, await tool.RestoreAsync(restored, cancellationToken));
        await CompareAsync(runner, image.Second, restored, cancellationToken);
        if (tool is Ours again)
        {
            await OursOnlyAsync(again, runner, image, restored, cancellationToken);
        }
    }

    async Task OursOnlyAsync(Ours ours, Runner runner, DiskImage image, string restored, CancellationToken cancellationToken)
    {
        await runner.SettleAsync(cancellationToken);
        _results.Add(ours.Name, Step.RestoreDurably, await ours.RestoreDurablyAsync(restored, cancellationToken));
        await CompareAsync(runner, image.Second, restored, cancellationToken);
        var verified = await ours.VerifyAsync(cancellationToken);
        _results.Add(ours.Name, Step.Verify, verified);
        _results.Add(ours.Name, Step.Verify, Unit.Data, JsonDocument.Parse(verified.Output).RootElement.GetProperty("bytes").GetInt64());
        var limit = await ours.LimitAsync(image.First, cancellationToken);
        _results.Add(ours.Name, Step.Limit, Unit.Wall, limit.Wall);
        _results.Add(ours.Name, Step.Limit, Unit.Cpu, limit.Cpu);
        _results.Add(ours.Name, Step.Limit, Unit.Size, limit.Stored);
    }

    static IEnumerable<Func<Runner, string, ITool>> Tools(bool peers)
    {
        yield return (runner, folder) => new Ours(runner, folder, DefaultLevel);
        if (peers)
        {
            yield return (runner, folder) => new Restic(runner, folder);
        }

        if (DefaultLevel != CompactLevel)
        {
            yield return (runner, folder) => new Ours(runner, folder, CompactLevel);
        }

        if (peers)
        {
            yield return (runner, folder) => new Borg(runner, folder, "lz4");
            yield return (runner, folder) => new Borg(runner, folder, "zstd,3");
        }
    }

    // All read the disk from the page cache: what is compared is what they do with it.
    static async Task WarmAsync(DiskImage image, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 20];
        foreach (var path in (string[])[image.First, image.Second])
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            while (await file.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
        }
    }

    static async Task CompareAsync(Runner runner, string expected, string restored, CancellationToken cancellationToken)
    {
        await runner.RunAsync("cmp", [expected, restored], new Dictionary<string, string>(), cancellationToken);
        File.Delete(restored);
    }

    static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>How much is measured.</summary>
/// <param name="DiskBytes">Size of the disk.</param>
/// <param name="Rounds">How often each tool has its turn.</param>
/// <param name="Peers">Whether restic and borg take part.</param>
sealed record BenchmarkOptions(long DiskBytes, int Rounds, bool Peers);
