using System.CommandLine;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy repo check --rebuild-index</c>: the index from the packs alone.</summary>
static class RepoCheckRebuild
{
    public static Option<bool> Option() => new("--rebuild-index")
    {
        Description = "Make the index again from the packs instead of checking. Nothing that the old index proves is lost.",
    };

    public static async Task<int> RunAsync(CommandContext context, string? name, CancellationToken cancellationToken)
    {
        var rebuilt = await ProgressDisplay.RunAsync(
            context.Terminal, progress => new RepositoryIndexRebuild(context.Session, progress).RunAsync(name, cancellationToken)).ConfigureAwait(false);
        context.Write(rebuilt, ResultJson.Default.IndexRebuilt, console =>
        {
            var seconds = Math.Max(rebuilt.Seconds, 1e-3);
            foreach (var damage in rebuilt.Damaged)
            {
                console.Line($"damaged: {damage.Pack}, byte {damage.Offset}: {damage.Message}");
            }

            console.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"The index of {rebuilt.Repository} is made of {rebuilt.Chunks} chunks in {rebuilt.Packs} packs ({Sizes.Text(rebuilt.PackBytes)}), in {rebuilt.Seconds:F1} s: "
                + $"{rebuilt.Packs / seconds:F0} packs, {rebuilt.Chunks / seconds:F0} chunks, {Sizes.Text((long)(rebuilt.PackBytes / seconds))} of packs a second."));
            if (rebuilt.Damaged.Count > 0)
            {
                console.Line("Run vmproxy repo check --read-data: it names the points that the damage hits.");
            }
        });
        return rebuilt.Damaged.Count > 0 ? ExitCodes.Warnings : ExitCodes.Done;
    }
}
