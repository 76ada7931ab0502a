namespace VmProxy.Benchmarks.Repository;

/// <summary>A result beside what was wanted of it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Ours">Our median.</param>
/// <param name="Peer">What it is compared with; null where it stands alone.</param>
/// <param name="Measure">The unit of both.</param>
/// <param name="Ratio">The ratio that is judged; null where the value itself is.</param>
/// <param name="Wanted">The bar; null where there is none.</param>
/// <param name="IsAtLeast">Whether more is better.</param>
sealed record Figure(string Name, double Ours, double? Peer, string Measure, double? Ratio, double? Wanted, bool IsAtLeast)
{
    /// <summary>Whether the bar is met; null where there is none.</summary>
    public bool? Holds => Wanted is { } bar ? (IsAtLeast ? (Ratio ?? Ours) >= bar : (Ratio ?? Ours) <= bar) : null;

    /// <summary>How many times faster than the peer.</summary>
    public static Figure Faster(string name, double ours, double peer, double? wanted) => new(name, ours, peer, "s", peer / ours, wanted, true);

    /// <summary>How large beside the peer.</summary>
    public static Figure Smaller(string name, double ours, double peer, string measure, double? wanted) =>
        new(name, ours, peer, measure, ours / peer, wanted, false);
}
