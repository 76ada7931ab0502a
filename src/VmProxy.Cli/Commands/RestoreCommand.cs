using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Restore;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy restore disk</c>: a disk of a point as a file.</summary>
static class RestoreCommand
{
    public static Command Create(CommandRunner runner) => new("restore", "Give back what was backed up.") { Disk(runner) };

    static Command Disk(CommandRunner runner)
    {
        var point = new Argument<string>("POINT") { Description = "The point's id, or a unique beginning of it." };
        var disk = new Argument<string>("DISK") { Description = "The disk's key or label, as 'point show' prints them, or disk1 as 'files ls' calls it." };
        var to = new Option<string>("--to") { Description = "The file to write; it must not exist.", HelpName = "FILE", Required = true };
        var format = new Option<string>("--format") { Description = "The form of the file; vmdk puts the bytes into a -flat.vmdk beside it.", HelpName = "raw|vmdk|qcow2", DefaultValueFactory = _ => "raw" };
        format.AcceptOnlyFromAmong("raw", "vmdk", "qcow2");
        var command = new Command("disk", "Write one disk of a point to a file.") { point, disk, to, format };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var request = new RestoreDiskRequest(
                parsed.GetRequiredValue(point),
                parsed.GetRequiredValue(disk),
                Path.GetFullPath(parsed.GetRequiredValue(to)),
                Enum.Parse<DiskFormat>(parsed.GetRequiredValue(format), ignoreCase: true));
            var report = await ProgressDisplay.RunAsync(
                context.Terminal,
                progress => new RestoreDisk(context.Session, progress).RunAsync(request, cancellationToken)).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.RestoreReport, console => console.Line(
                $"{report.VirtualMachine} / {report.Disk} of {report.Point}: {report.File} ({report.Format}, {Sizes.Text(report.CapacityBytes)}, "
                + $"{Sizes.Text(report.WrittenBytes)} written)"));
            return ExitCodes.Done;
        });
        return command;
    }
}
