namespace VmProxy.Cli;

/// <summary>What a command works with: the opened proxy, and where it prints.</summary>
sealed class CommandContext(ProxySession session, Terminal terminal, bool json) : CommandOutput(terminal, json)
{
    public ProxySession Session { get; } = session;
}
