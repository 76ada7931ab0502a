using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Serving;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy serve-disk</c>: a disk of a point as a network block device.</summary>
static class ServeDiskCommand
{
    public static Command Create(CommandRunner runner)
    {
        var point = new Argument<string>("POINT") { Description = "The point's id, or a unique beginning of it." };
        var disk = new Argument<string>("DISK") { Description = "The disk's key or label, as 'point show' prints them, or disk1 as 'files ls' calls it." };
        var nbd = new Option<string>("--nbd")
        {
            Description = "Where to serve it: the path of a socket that is made for this user alone (./NAME for one here), or an address of loopback (port 0 is any that is free).",
            HelpName = "SOCKET|HOST:PORT",
            Required = true,
        };
        nbd.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && ServeDisk.ProblemOf(token.Value) is { } problem)
            {
                result.AddError(problem);
            }
        });
        var command = new Command("serve-disk", "Serve one disk of a point, read-only, to NBD clients until ended. Prints its URI, or with --json one document, when clients can connect.")
        {
            point, disk, nbd,
        };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var request = new ServeDiskRequest(parsed.GetRequiredValue(point), parsed.GetRequiredValue(disk), parsed.GetRequiredValue(nbd));
            await new ServeDisk(context.Session).RunAsync(request, served => Print(context, served), cancellationToken).ConfigureAwait(false);
            return ExitCodes.Done;
        });
        return command;
    }

    // The address alone, so that a script can read the line; the rest is for people.
    static void Print(CommandContext context, ServedDisk served)
    {
        context.Write(served, ResultJson.Default.ServedDisk, _ => context.Terminal.Output.WriteLine(served.Uri));
        context.Terminal.Errors.WriteLine($"{served.VirtualMachine} / {served.Disk} of {served.Point}: {Sizes.Text(served.CapacityBytes)}, read-only, until Ctrl-C");
    }
}
