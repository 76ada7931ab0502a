using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Repository;

/// <summary>The steps that are measured.</summary>
enum Step
{
    Full,
    Areas,
    Second,
    Restore,
    RestoreDurably,
    Verify,
    Limit,
}

/// <summary>All samples of a benchmark, by tool and step.</summary>
sealed class Results
{
    readonly Dictionary<(string Tool, Step Step, string Unit), Samples> _samples = [];

    public IEnumerable<(string Tool, Step Step, string Unit, Samples Samples)> All =>
        _samples.Select(pair => (pair.Key.Tool, pair.Key.Step, pair.Key.Unit, pair.Value));

    /// <summary>What was measured, perhaps nothing.</summary>
    public Samples Of(string tool, Step step, string unit) => _samples.GetValueOrDefault((tool, step, unit)) ?? new Samples();

    public void Add(string tool, Step step, string unit, double value)
    {
        if (!_samples.TryGetValue((tool, step, unit), out var samples))
        {
            samples = _samples[(tool, step, unit)] = new Samples();
        }

        samples.Add(value);
    }

    public void Add(string tool, Step step, Measured measured)
    {
        Add(tool, step, Unit.Wall, measured.Wall);
        Add(tool, step, Unit.Cpu, measured.Cpu);
        Add(tool, step, Unit.Rss, measured.PeakRss);
        Add(tool, step, Unit.Anonymous, measured.PeakAnonymous);
    }
}

/// <summary>The units of samples.</summary>
static class Unit
{
    public const string Wall = "s";
    public const string Cpu = "CPU s";
    public const string Rss = "bytes, peak RSS";
    public const string Anonymous = "bytes, peak anonymous";
    public const string Size = "bytes stored";
    public const string Growth = "bytes grown";
    public const string Allocated = "bytes allocated";
    public const string Data = "bytes read";
}
