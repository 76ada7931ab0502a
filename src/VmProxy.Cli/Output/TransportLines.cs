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

            if (transport.Failure is { } failure)
            {
                yield return $"{transport.Transport} failed after {Sizes.Text(transport.ReadBytes)}: {failure.Message} [{failure.Code}]";
            }
        }
    }
}
