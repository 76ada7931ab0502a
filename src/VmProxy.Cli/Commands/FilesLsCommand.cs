using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Files;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy files ls</c>: the volumes of a point, or a directory in one.</summary>
static class FilesLsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var point = PointCommand.Id();
        var path = PathArgument("the volumes are listed.");
        var recursive = Recursive();
        var command = new Command("ls", "List the volumes of a point, or guest files. Example: vmproxy files ls POINT disk1p2:/etc") { point, path, recursive };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var volumes = await PointVolumes.OpenAsync(context.Session, parsed.GetRequiredValue(point), cancellationToken).ConfigureAwait(false);
            await using (volumes.ConfigureAwait(false))
            {
                return parsed.GetValue(path) is { } place
                    ? await ListAsync(context, volumes.Browser, place, parsed.GetValue(recursive), cancellationToken).ConfigureAwait(false)
                    : Volumes(context, volumes.Browser);
            }
        });
        return command;
    }

    /// <summary>Prints the volumes; the exit code.</summary>
    public static int Volumes(CommandOutput output, GuestBrowser browser)
    {
        output.Write(browser.Volumes(), ResultJson.Default.VolumeList, console => VolumeListing.Print(console, browser.Volumes()));
        return ExitCodes.Done;
    }

    /// <summary>Prints files; the exit code.</summary>
    public static async Task<int> ListAsync(CommandOutput output, GuestBrowser browser, string place, bool recursive, CancellationToken cancellationToken)
    {
        var stream = output.Terminal.OpenBinaryOutput();
        await using (stream.ConfigureAwait(false))
        {
            return Outcomes.ExitCode(
                await browser.ListAsync(place, recursive, output.Json, stream, output.Terminal.Errors, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <param name="withoutIt">What is listed when none is given.</param>
    public static Argument<string?> PathArgument(string withoutIt) => new("PATH")
    {
        Description = $"VOLUME:/path, or a path alone where only one volume has it; there are no wildcards. Without it {withoutIt}", Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<bool> Recursive() => new("--recursive", "-R") { Description = "List everything below, too." };
}
