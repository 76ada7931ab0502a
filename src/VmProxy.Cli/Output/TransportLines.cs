using VmProxy.Engine.Transports;

namespace VmProxy.Cli.Output;

/// <summary>What is to be said of the transports of a disk, besides that one was used.</summary>
static class TransportLines
{
    public static IEnumerable<string> Of(IReadOnlyList<DiskTransport> transports)
    {
        foreach (var transport in transports)
        {
            foreach (var reason in transport.Reasons)
            {
                yield return $"{transport.Transport} {(reason.Blocks ? "cannot read it" : "can, but")}: {reason.Text} [{reason.Code}]";
            }

            foreach (var line in OfFailures([transport]))
            {
                yield return line;
            }
        }
    }

    /// <summary>Only those that were tried and failed.</summary>
    public static IEnumerable<string> OfFailures(IEnumerable<DiskTransport> transports) =>
        from transport in transports
        let failure = transport.Failure
        where failure is not null
        select $"{transport.Transport} failed after {Sizes.Text(transport.ReadBytes)}: {failure.Message} [{failure.Code}]";
}
