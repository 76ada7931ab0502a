using System.CommandLine;
using VmProxy.Service;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy serve</c>: runs the jobs by themselves, until it is ended.</summary>
static class ServeCommand
{
    public const string Name = "serve";

    public static Command Create(CommandRunner runner, GlobalOptions globals)
    {
        var command = new Command(Name, "Run the scheduled jobs, watch the datastores and tell people, until ended.");
        runner.SetBareAction(command, async (parsed, cancellationToken) =>
        {
            await ProxyService.RunAsync(
                new ServiceOptions { ConfigurationFile = parsed.GetValue(globals.Config), PaperKey = parsed.GetValue(globals.PaperKey) },
                cancellationToken).ConfigureAwait(false);
            return ExitCodes.Done;
        });
        return command;
    }
}
