using System.ComponentModel.DataAnnotations;

namespace VmProxy.Engine.Configuration;

/// <summary>
/// How change tracking is checked: blocks that it calls unchanged are read and compared with the earlier point. Where it leaves out a share f of the
/// blocks that it does not name, a check finds it with probability 1 - (1 - f)^<see cref="Blocks"/>.
/// </summary>
public sealed class SpotCheckSettings
{
    /// <summary>Of 100 disks that are read by changed or allocated areas, how many are checked, chosen at random. A disk that was caught is always checked.</summary>
    [Range(0.0, 100.0)]
    public double SharePercent { get; init; } = 25;

    /// <summary>Blocks that a check reads: chunks of the repository, 64 KiB by default.</summary>
    [Range(1, 1_000_000)]
    public int Blocks { get; init; } = 256;
}
