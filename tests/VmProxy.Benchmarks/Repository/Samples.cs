namespace VmProxy.Benchmarks.Repository;

/// <summary>One quantity, measured once a round.</summary>
sealed class Samples
{
    readonly List<double> _values = [];

    public bool IsEmpty => _values.Count == 0;

    public double Median
    {
        get
        {
            var sorted = _values.Order().ToList();
            return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
        }
    }

    public double Least => _values.Min();

    public double Most => _values.Max();

    public IReadOnlyList<double> Values => _values;

    public void Add(double value) => _values.Add(value);
}
