using System.CommandLine;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy repo init|stats</c>, and the commands of their own files: care of the repository.</summary>
static class RepoCommand
{
    public static Command Create(CommandRunner runner) => new("repo", "Care for repositories.")
    {
        Init(runner), Stats(runner), RepoCheckCommand.Create(runner), RepoPruneCommand.Create(runner), RepoKeysCommand.Create(runner),
    };

    public static Option<string?> Name() => new("--repository") { Description = "Name of the repository (default: the first of the configuration).", HelpName = "NAME" };

    static Command Init(CommandRunner runner)
    {
        var name = Name();
        var command = new Command("init", "Create a repository where the configuration says.") { name };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var created = await new RepositoryCare(context.Session).InitializeAsync(parsed.GetValue(name), cancellationToken).ConfigureAwait(false);
            context.Write(created, ResultJson.Default.RepositoryCreated, console =>
            {
                console.Line($"Repository {created.Name} ({created.Id}) created at {created.Location}, {(created.Encrypted ? "encrypted. Nothing can be read without its key." : "NOT encrypted.")}");
                if (created.Encrypted)
                {
                    console.Line("Print a second key and lock it away: vmproxy repo keys export-paper");
                }
            });
            return ExitCodes.Done;
        });
        return command;
    }

    static Command Stats(CommandRunner runner)
    {
        var name = Name();
        var command = new Command("stats", "Show what a repository holds.") { name };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var stats = await new RepositoryCare(context.Session).StatisticsAsync(parsed.GetValue(name), cancellationToken).ConfigureAwait(false);
            context.Write(stats, ResultJson.Default.RepositoryStats, console =>
            {
                var table = Tables.Facts();
                table.Row("Repository", $"{stats.Name} ({stats.Id})");
                table.Row("Location", stats.Location);
                table.Row("Points", stats.Points.ToString(CultureInfo.InvariantCulture));
                table.Row("Protected bytes", Sizes.Text(stats.ProtectedBytes));
                table.Row("Stored bytes", Sizes.Text(stats.StoredBytes));
                table.Row("  data", Sizes.Text(stats.DataBytes));
                table.Row("  metadata", Sizes.Text(stats.MetadataBytes));
                table.Row("  index", Sizes.Text(stats.IndexBytes));
                table.Row("Chunks", stats.Chunks.ToString(CultureInfo.InvariantCulture));
                table.Row("Packs", stats.Packs.ToString(CultureInfo.InvariantCulture));
                console.Print(table);
            });
            return ExitCodes.Done;
        });
        return command;
    }
}
