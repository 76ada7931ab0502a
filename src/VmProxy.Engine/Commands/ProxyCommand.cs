using System.ComponentModel;
using System.Diagnostics;

namespace VmProxy.Engine.Commands;

/// <summary>
/// A program of the administrator's, run on the proxy without a shell. It gets facts in its environment and nothing of this process's but what every
/// program needs: secrets of the configuration may stand there.
/// </summary>
/// <param name="command">The program's path, then its arguments.</param>
/// <param name="limit">How long it may run; then it and its children are killed.</param>
/// <param name="time">The clock of <paramref name="limit"/>.</param>
sealed class ProxyCommand(IReadOnlyList<string> command, TimeSpan limit, TimeProvider time)
{
    static readonly TimeSpan Drain = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Dying = TimeSpan.FromSeconds(10);

    static readonly string[] Inherited = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];

    /// <summary>Runs it to its end, to the time limit or to the cancellation. Whatever it does is in the report.</summary>
    public async Task<CommandReport> RunAsync(string step, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken)
    {
        var report = new CommandReport { Step = step, Program = command[0] };
        using var process = new Process { StartInfo = StartInfo(facts) };
        var began = time.GetTimestamp();
        try
        {
            process.Start();
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            return report with { Started = false, Problem = $"it could not be started: {exception.Message.TrimEnd('.')}" };
        }

        process.StandardInput.Close();
        var output = new TailOfOutput();
        using var reading = new CancellationTokenSource();
        var readers = Task.WhenAll(output.ReadAsync(process.StandardOutput, reading.Token), output.ReadAsync(process.StandardError, reading.Token));
        var problem = await EndAsync(process, cancellationToken).ConfigureAwait(false);

        // A child that went into the background may hold the pipe open for ever.
        reading.CancelAfter(Drain);
        await readers.ConfigureAwait(false);
        return report with
        {
            ExitCode = problem is null ? process.ExitCode : null,
            Problem = problem,
            Milliseconds = (long)time.GetElapsedTime(began).TotalMilliseconds,
            Output = output.Text,
        };
    }

    async Task<string?> EndAsync(Process process, CancellationToken cancellationToken)
    {
        using var limited = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limited.Token, cancellationToken);
        try
        {
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            var end = await StopAsync(process).ConfigureAwait(false);
            return cancellationToken.IsCancellationRequested ? $"{end}, because the run was cancelled" : $"{end} after {limit}";
        }
    }

    /// <summary>What runs as another user, by sudo for example, may not be ours to kill; nothing is waited for that does not end.</summary>
    async Task<string> StopAsync(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is Win32Exception or AggregateException or InvalidOperationException)
        {
            // Whether it ended all the same is seen below.
        }

        using var patience = new CancellationTokenSource(Dying, time);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return "it was stopped";
        }
        catch (OperationCanceledException)
        {
            return "it could not be stopped and still runs";
        }
    }

    ProcessStartInfo StartInfo(IReadOnlyDictionary<string, string> facts)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var name in info.Environment.Keys.Except(Inherited).ToArray())
        {
            info.Environment.Remove(name);
        }

        foreach (var (name, value) in facts)
        {
            info.Environment[name] = value;
        }

        return info;
    }
}
