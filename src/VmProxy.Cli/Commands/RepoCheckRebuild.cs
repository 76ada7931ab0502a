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
            var index = rebuilt.Index;
            foreach (var damage in index.Damaged)
            {
                console.Line($"damaged: {damage.Pack}, byte {damage.Offset}: {damage.Message}");
            }

            console.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"The index of {rebuilt.Repository} is made of {index.Chunks} chunks in {index.Packs} packs ({Sizes.Text(index.PackBytes)}), in {index.Elapsed.TotalSeconds:F1} s: "
                + $"{index.PacksPerSecond:F0} packs, {index.ChunksPerSecond:F0} chunks, {Sizes.Text((long)index.PackBytesPerSecond)} of packs a second."));
            if (index.Damaged.Count > 0)
            {
                console.Line("Run vmproxy repo check --read-data: it names the points that the damage hits.");
            }
        });
        return rebuilt.Index.Damaged.Count > 0 ? ExitCodes.Warnings : ExitCodes.Done;
    }
}
