using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Files;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy files get</c>: guest files into a folder or an archive.</summary>
static class FilesGetCommand
{
    public static Command Create(CommandRunner runner)
    {
        var point = PointCommand.Id();
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Files and directories: VOLUME:/path, or a path alone where only one volume has it. FILE:STREAM names a stream of NTFS. There are no wildcards.", Arity = ArgumentArity.OneOrMore,
        };
        var to = new Option<string>("--to") { Description = "Restore into this folder; it is made when it does not exist.", HelpName = "DIR" };
        var zip = new Option<string>("--zip") { Description = "Restore into a new zip archive; - writes it to standard output.", HelpName = "FILE" };
        var tar = new Option<string>("--tar") { Description = "Restore into a new tar archive; - writes it to standard output.", HelpName = "FILE" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that are there already." };
        var command = new Command("get", "Restore guest files.") { point, paths, to, zip, tar, overwrite };
        command.Validators.Add(result =>
        {
            if (new Option[] { to, zip, tar }.Count(option => result.GetResult(option) is not null) != 1)
            {
                result.AddError("Say where the files go: one of --to DIR, --zip FILE and --tar FILE.");
            }
        });
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var (kind, target) = parsed.GetValue(to) is { } folder ? (FilesTargetKind.Folder, folder)
                : parsed.GetValue(zip) is { } archive ? (FilesTargetKind.Zip, archive)
                : (FilesTargetKind.Tar, parsed.GetRequiredValue(tar));
            var isStream = kind != FilesTargetKind.Folder && target == "-";
            var output = isStream ? context.Terminal.OpenBinaryOutput() : Stream.Null;
            await using (output.ConfigureAwait(false))
            {
                var request = new FilesGetRequest(
                    parsed.GetRequiredValue(point), parsed.GetRequiredValue(paths), kind, isStream ? target : Path.GetFullPath(target), parsed.GetValue(overwrite), isStream ? output : null);
                var report = await ProgressDisplay.RunAsync(
                    context.Terminal, progress => new FilesGet(context.Session, progress).RunAsync(request, cancellationToken)).ConfigureAwait(false);
                await TellAsync(context, report, isStream).ConfigureAwait(false);
                return Outcomes.ExitCode(report.Outcome);
            }
        });
        return command;
    }

    static async Task TellAsync(CommandContext context, FilesReport report, bool isStream)
    {
        foreach (var failure in report.LeftOut)
        {
            await context.Terminal.Errors.WriteLineAsync($"vmproxy: left out: {failure.Line()}").ConfigureAwait(false);
        }

        foreach (var warning in report.Warnings)
        {
            await context.Terminal.Errors.WriteLineAsync($"vmproxy: warning: {warning.Line()}").ConfigureAwait(false);
        }

        if (isStream)
        {
            // Standard output is the archive.
            await context.Terminal.Errors.WriteLineAsync(Line(report)).ConfigureAwait(false);
            return;
        }

        context.Write(report, ResultJson.Default.FilesReport, console => console.Line(Line(report)));
    }

    static string Line(FilesReport report) => $"{report.VirtualMachine} of {report.Point}: "
        + (report.Files + report.Directories + report.Links == 0 ? "nothing was restored"
            : $"{Count(report.Files, "file")}, {Count(report.Directories, "directory", "directories")}, {Count(report.Links, "link")} ({Sizes.Text(report.Bytes)}) to {report.Target}")
        + (report.LeftOutCount > 0 ? $"; {report.LeftOutCount} left out" : "") + (report.WarningCount > 0 ? $"; {Count(report.WarningCount, "warning")}" : "");

    static string Count(long number, string one, string? many = null) => $"{number} {(number == 1 ? one : many ?? one + "s")}";
}
