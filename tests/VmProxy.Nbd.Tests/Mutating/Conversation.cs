using VmProxy.Blocks;
using VmProxy.Nbd.Serving;

namespace VmProxy.Nbd.Tests.Mutating;

/// <summary>
/// Lets the server talk with a client who says the given bytes and then leaves. Nothing that a client says may throw. It is what mutation tests and fuzzers run.
/// </summary>
static class Conversation
{
    /// <summary>Runs it to its end; returns how many bytes the server answered.</summary>
    public static async Task<long> RunAsync(byte[] said, IBlockDevice device)
    {
        var stream = new ScriptedStream(said);
        var exports = new Exports([new NbdExport("", "the first", device), new NbdExport("b", "", device)]);
        var connection = new Connection(stream, exports, new NbdServerOptions(NbdAddress.Parse("localhost:0")), "client", default);
        await connection.RunAsync(CancellationToken.None);
        return stream.Sent;
    }
}
