namespace VmProxy.Benchmarks.Repository;

/// <summary>The figures that count, from all samples: medians against the best peer.</summary>
static class Verdicts
{
    const double Mebibyte = 1 << 20;

    public static IEnumerable<Figure> Of(Results results, BenchmarkOptions options)
    {
        var compact = $"vmproxy zstd,{RepositoryBenchmark.CompactLevel}";
        var usual = $"vmproxy zstd,{RepositoryBenchmark.DefaultLevel}";
        foreach (var (tool, speed, size) in ((string, double, double)[])[(compact, 2.2, 1.06), (usual, 3, 1.15)])
        {
            var level = tool == usual ? $"{tool} (default)" : tool;
            double Ours(Step step, string unit) => results.Of(tool, step, unit).Median;
            if (options.Peers)
            {
                double Best(Step step, string unit) => results.All
                    .Where(entry => !entry.Tool.StartsWith("vmproxy", StringComparison.Ordinal) && entry.Step == step && entry.Unit == unit)
                    .Min(entry => entry.Samples.Median);
                yield return Figure.Faster($"{level}: full", Ours(Step.Full, Unit.Wall), Best(Step.Full, Unit.Wall), speed);
                yield return Figure.Smaller(
                    $"{level}: size", Ours(Step.Full, Unit.Size) / Mebibyte, Best(Step.Full, Unit.Size) / Mebibyte, "MiB", size);
                yield return Figure.Faster($"{level}: 1 % changed, areas given", Ours(Step.Areas, Unit.Wall), Best(Step.Second, Unit.Wall), 15);
                yield return Figure.Smaller(
                    $"{level}: growth by it", Ours(Step.Areas, Unit.Growth) / Mebibyte, Best(Step.Second, Unit.Growth) / Mebibyte, "MiB", 0.3);
                yield return Figure.Faster($"{level}: 1 % changed, all read", Ours(Step.Second, Unit.Wall), Best(Step.Second, Unit.Wall), null);
                yield return Figure.Faster($"{level}: restore", Ours(Step.Restore, Unit.Wall), Best(Step.Restore, Unit.Wall), 3);
            }

            var gibibytes = options.DiskBytes / Mebibyte / 1024;
            yield return Figure.Smaller(
                $"{level}: CPU a GiB against the limit", Ours(Step.Full, Unit.Cpu) / gibibytes, Ours(Step.Limit, Unit.Cpu) / gibibytes, "s", 1 / 0.8);
            yield return Figure.Smaller($"{level}: full against the limit", Ours(Step.Full, Unit.Wall), Ours(Step.Limit, Unit.Wall), "s", null);
            yield return new Figure(
                $"{level}: verify", Ours(Step.Verify, Unit.Data) / 1e6 / Ours(Step.Verify, Unit.Wall), null, "MB/s", null, 1000, true);
        }

        yield return new Figure(
            "peak anonymous memory of any step",
            results.All.Where(entry => entry.Tool.StartsWith("vmproxy", StringComparison.Ordinal) && entry.Unit == Unit.Anonymous).Max(entry => entry.Samples.Most) / Mebibyte,
            null, "MiB", null, 300, false);
    }
}
