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
                console.Line(rebuilt switch
                {
                    { Kept: true } => "Journal, identity, runs and capacity history were kept.",
                    { IdentityKept: true } =>
                        "The catalog is new, its identity is the old one: `vmproxy janitor` removes snapshots that earlier runs left, two minutes after their last sign of life. Disks that they left attached it names; detach these by hand.",
                    _ => "The catalog is new, and so is its identity. Look in vCenter for snapshots and disks that an earlier catalog's runs left: `vmproxy janitor` reports them, and does not remove them.",
                });
                foreach (var failure in rebuilt.Failures)
                {
                    console.Line($"not read: {failure.Line()}");
                }
            });
            return rebuilt.Failures.Count > 0 || rebuilt.MovedAside is not null ? ExitCodes.Warnings : ExitCodes.Done;
        });
        return command;
    }
}
