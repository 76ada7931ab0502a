using System.Collections.Concurrent;
using Spectre.Console;
using VmProxy.Engine.Files.Targets;

namespace VmProxy.Cli.Output;

/// <summary>Progress bars, on a terminal only.</summary>
static class ProgressDisplay
{
    /// <summary>Runs <paramref name="work"/>, showing one bar for each piece of work that it reports on.</summary>
    public static async Task<T> RunAsync<T>(Terminal terminal, Func<IProgress<WorkProgress>?, Task<T>> work)
    {
        if (!terminal.ShowsProgress)
        {
            return await work(null).ConfigureAwait(false);
        }

        return await terminal.ErrorConsole.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(context => work(new Bars(context))).ConfigureAwait(false);
    }

    /// <summary>Neither markup nor anything that a terminal obeys: a guest chose the names of its files.</summary>
    internal static string Description(string subject) => Markup.Escape(SafeNames.Printable(subject));

    sealed class Bars(ProgressContext context) : IProgress<WorkProgress>
    {
        readonly ConcurrentDictionary<string, ProgressTask> _bars = new();

        public void Report(WorkProgress value)
        {
            var bar = _bars.GetOrAdd(value.Subject, subject => context.AddTask(Description(subject), maxValue: Math.Max(1, value.TotalBytes)));
            bar.Value = value.DoneBytes;
        }
    }
}
