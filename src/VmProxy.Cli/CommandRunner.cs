using System.CommandLine;
using System.Text.Json;
using VmProxy.Cli.Output;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;

namespace VmProxy.Cli;

/// <summary>Runs a command's body with an opened proxy and turns how it ended into an exit code.</summary>
sealed class CommandRunner(GlobalOptions globals, Terminal terminal)
{
    /// <summary>The body of a command; returns the exit code.</summary>
    public delegate Task<int> Body(CommandContext context, ParseResult parsed, CancellationToken cancellationToken);

    /// <summary>Where commands print.</summary>
    public Terminal Terminal => terminal;

    /// <summary>Makes <paramref name="body"/> the action of a command.</summary>
    public void SetAction(Command command, Body body) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, body, ConfigurationNeeds.Everything, cancellationToken));

    /// <summary>The same for a command that goes without vCenter and jobs: whatever is wrong with their configuration does not keep anybody from his data.</summary>
    public void SetRepositoryAction(Command command, Body body) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, body, ConfigurationNeeds.Repositories, cancellationToken));

    /// <summary>Makes <paramref name="body"/> the action of a command that opens what it needs by itself.</summary>
    public void SetBareAction(Command command, Func<ParseResult, CancellationToken, Task<int>> body) =>
        command.SetAction((parsed, cancellationToken) => GuardAsync(parsed, () => body(parsed, cancellationToken), cancellationToken));

    Task<int> RunAsync(ParseResult parsed, Body body, ConfigurationNeeds needs, CancellationToken cancellationToken) => GuardAsync(
        parsed,
        async () =>
        {
            var configuration = ProxyConfiguration.Load(
                parsed.GetValue(globals.Config), ProxyConfiguration.EnvironmentOfProcess(), parsed.GetValue(globals.PaperKey), needs);
            var services = ProxyHost.Create(configuration, terminal);
            await using (services.ConfigureAwait(false))
            {
                return await body(new CommandContext(services.Session, terminal, parsed.GetValue(globals.Json)), parsed, cancellationToken).ConfigureAwait(false);
            }
        },
        cancellationToken);

    async Task<int> GuardAsync(ParseResult parsed, Func<Task<int>> body, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(globals.Json);
        var command = CommandLine.NameOf(parsed).TrimEnd();
        try
        {
            return await body().ConfigureAwait(false);
        }
        catch (ConfigurationException exception)
        {
            await terminal.Errors.WriteLineAsync($"vmproxy: {exception.Message} [{exception.Code}]").ConfigureAwait(false);
            await WriteJsonAsync(new Failure(exception.Code, "configuration", command, exception.Message, ""), json).ConfigureAwait(false);
            return ExitCodes.Usage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(
                new Failure(ReasonCodes.Cancelled, "vmproxy", command, "The command was cancelled; what it had begun was undone.", ""), json).ConfigureAwait(false);
        }
        catch (Exception exception) when (Expected.Failure(exception, "vmproxy", command) is { } failure)
        {
            return await FailAsync(failure, json).ConfigureAwait(false);
        }
    }

    async Task<int> FailAsync(Failure failure, bool json)
    {
        await terminal.Errors.WriteLineAsync(failure.Object == "vmproxy" ? failure.Line() : $"vmproxy: {failure.Line()}").ConfigureAwait(false);
        await WriteJsonAsync(failure, json).ConfigureAwait(false);
        return ExitCodes.Failed;
    }

    async Task WriteJsonAsync(Failure failure, bool json)
    {
        if (json)
        {
            await terminal.Output.WriteLineAsync(JsonSerializer.Serialize(new ErrorDocument(failure), ResultJson.Default.ErrorDocument))
                .ConfigureAwait(false);
        }
    }
}
