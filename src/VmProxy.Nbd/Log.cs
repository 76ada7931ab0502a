using Microsoft.Extensions.Logging;
using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd;

/// <summary>What the server logs. Event ids are stable. Nothing that a client sent is logged as text.</summary>
static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "NBD server: listening at {Address} with {Exports}")]
    static partial void Listening(ILogger logger, NbdAddress address, string exports);

    public static void Listening(ILogger logger, NbdAddress address, int exports) => Listening(logger, address, exports == 1 ? "1 export" : $"{exports} exports");

    [LoggerMessage(3002, LogLevel.Information, "NBD server: the one at {Address} has ended")]
    public static partial void Ended(ILogger logger, NbdAddress address);

    [LoggerMessage(3003, LogLevel.Error, "NBD server: a connection could not be accepted: {Reason}")]
    public static partial void NotAccepted(ILogger logger, string reason);

    [LoggerMessage(3004, LogLevel.Warning, "NBD server: {Client} is refused: there are {Connections} connections")]
    public static partial void Refused(ILogger logger, string client, int connections);

    [LoggerMessage(3005, LogLevel.Warning, "NBD server: {Client} has entered no export and makes room for another client")]
    public static partial void Displaced(ILogger logger, string client);

    [LoggerMessage(3010, LogLevel.Information, "NBD server: {Client} reads export '{Export}' (structured: {IsStructured}, allocation: {TellsAllocation})")]
    public static partial void Entered(ILogger logger, string client, string export, bool isStructured, bool tellsAllocation);

    [LoggerMessage(3011, LogLevel.Information, "NBD server: {Client} has left export '{Export}'")]
    public static partial void Left(ILogger logger, string client, string export);

    [LoggerMessage(3012, LogLevel.Warning, "NBD server: {Client} is dropped: {Reason}")]
    public static partial void ProtocolBroken(ILogger logger, string client, string reason);

    [LoggerMessage(3013, LogLevel.Information, "NBD server: {Client} is gone: {Reason}")]
    public static partial void Lost(ILogger logger, string client, string reason);

    [LoggerMessage(3014, LogLevel.Debug, "NBD server: an answer to {Client} could not be sent: {Reason}")]
    public static partial void NotSent(ILogger logger, string client, string reason);

    [LoggerMessage(3020, LogLevel.Error, "NBD server: export '{Export}' failed {Client}: {Kind} of {Length} bytes at {Offset}: {Reason}")]
    public static partial void DeviceFailed(
        ILogger logger, string export, string client, RequestKind kind, ulong offset, uint length, string reason);

    [LoggerMessage(3021, LogLevel.Debug, "NBD server: where export '{Export}' failed")]
    public static partial void WhereDeviceFailed(ILogger logger, Exception exception, string export);
}
