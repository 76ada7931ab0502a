using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy catalog rebuild</c>: the catalog from the repositories alone.</summary>
static class CatalogCommand
{
    public static Command Create(CommandRunner runner) => new("catalog", "Care for the catalog.") { Rebuild(runner) };

    static Command Rebuild(CommandRunner runner)
    {
        var command = new Command("rebuild", "Make the index of points and VMs again from the repositories. A damaged catalog is moved aside, never deleted.");
        runner.SetRepositoryAction(command, async (context, _, cancellationToken) =>
        {
            var rebuilt = await new CatalogRebuild(context.Session).RunAsync(cancellationToken).ConfigureAwait(false);
            context.Write(rebuilt, ResultJson.Default.CatalogRebuilt, console =>
            {
                if (rebuilt.MovedAside is { } aside)
                {
                    console.Line($"The catalog was damaged: it is now {aside}.");
                }

                console.Line($"{rebuilt.Points} points of {rebuilt.VirtualMachines} virtual machines in {rebuilt.Repositories} repositories are in {rebuilt.Path}.");
                console.Line(rebuilt.Kept
                    ? "Journal, identity, runs and capacity history were kept."
                    : "The catalog is new. Look in vCenter for snapshots and disks that an earlier catalog's runs left: they are reported, not removed.");
                foreach (var failure in rebuilt.Failures)
                {
                    console.Line($"not read: {failure}");
                }
            });
            return rebuilt.Failures.Count > 0 || rebuilt.MovedAside is not null ? ExitCodes.Warnings : ExitCodes.Done;
        });
        return command;
    }
}
