using System.CommandLine;
using System.CommandLine.Parsing;
using VmProxy.Cli.Commands;
using VmProxy.Cli.Output;

namespace VmProxy.Cli;

/// <summary>The whole command line: global options, and one class a command in Commands/.</summary>
static class CommandLine
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken = default)
    {
        var globals = new GlobalOptions();
        var runner = new CommandRunner(globals, terminal);
        var root = new RootCommand("Backs up and restores VMware virtual machines without anything proprietary.")
        {
            DoctorCommand.Create(runner),
            VmsCommand.Create(runner),
            DatastoresCommand.Create(runner),
            BackupCommand.Create(runner),
            PointsCommand.Create(runner),
            PointCommand.Create(runner),
            RestoreCommand.Create(runner),
            FilesCommand.Create(runner),
            InspectCommand.Create(runner, globals),
            VerifyCommand.Create(runner),
            ReportCommand.Create(runner),
            RepoCommand.Create(runner),
            CatalogCommand.Create(runner),
            JanitorCommand.Create(runner),
            CbtCommand.Create(runner),
            ServeCommand.Create(runner, globals),
            ServeDiskCommand.Create(runner),
        };
        globals.AddTo(root);

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await terminal.Errors.WriteLineAsync($"vmproxy: {error.Message}").ConfigureAwait(false);
            }

            await terminal.Errors.WriteLineAsync($"Try: vmproxy {NameOf(parsed)}--help").ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Errors,
            EnableDefaultExceptionHandler = false,
            // A cancelled backup still detaches its disks and removes its snapshot: it is given the time for that. The service has a limit of its own
            // (Service:StopTimeout, at most an hour).
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == ServeCommand.Name ? TimeSpan.FromMinutes(65) : TimeSpan.FromMinutes(15),
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
        }
        catch (OutputException exception)
        {
            if (!exception.IsClosed)
            {
                await terminal.Errors.WriteLineAsync($"vmproxy: standard output: {exception.Message} [{OutputException.Code}]").ConfigureAwait(false);
            }

            return ExitCodes.Failed;
        }
    }

    /// <summary>The whole name of the command that was called, such as "restore disk", with a space after each word; empty for none.</summary>
    public static string NameOf(ParseResult parsed)
    {
        var name = "";
        for (var result = parsed.CommandResult; result.Parent is CommandResult parent; result = parent)
        {
            name = $"{result.Command.Name} {name}";
        }

        return name;
    }
}
