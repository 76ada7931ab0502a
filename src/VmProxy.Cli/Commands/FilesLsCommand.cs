using System.CommandLine;
using VmProxy.Cli.Output.Files;
using VmProxy.Engine.Files;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy files ls</c>: the volumes of a point, or a directory in one.</summary>
static class FilesLsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var point = PointCommand.Id();
        var path = new Argument<string?>("PATH")
        {
            Description = "VOLUME:/path, or a path alone where only one volume has it. Without it the volumes are listed.", Arity = ArgumentArity.ZeroOrOne,
        };
        var recursive = Recursive();
        var command = new Command("ls", "List the volumes of a point, or guest files.") { point, path, recursive };
        runner.SetRepositoryAction(command, (context, parsed, cancellationToken) => new FilesLs(context.Session).WithVolumesAsync(
            parsed.GetRequiredValue(point),
            disks => parsed.GetValue(path) is { } place
                ? FileListings.WriteAsync(context.Terminal, context.Json, disks, place, parsed.GetValue(recursive), cancellationToken)
                : Task.FromResult(VolumeListing.Write(context.Terminal, context.Json, disks)),
            cancellationToken));
        return command;
    }

    public static Option<bool> Recursive() => new("--recursive", "-R") { Description = "List everything below, too." };
}
