using System.Diagnostics;
using System.Globalization;

namespace VmProxy.Benchmarks.Running;

/// <summary>Runs programs, measured by GNU time, with folders and settings of their own.</summary>
/// <param name="folder">Where temporary files may go.</param>
sealed class Runner(string folder)
{
    const string GnuTime = "/usr/bin/time";
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="BenchmarkException">It failed; the message holds the end of what it said.</exception>
    public async Task<Measured> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken,
        string workingFolder = "")
    {
        var figures = Path.Combine(folder, "time");
        var start = new ProcessStartInfo(GnuTime) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingFolder };
        foreach (var argument in (string[])["-q", "-f", "%U %S %M", "-o", figures, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new BenchmarkException($"{GnuTime} did not start.");
        var peak = LookAsync(process, cancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        var wall = clock.Elapsed.TotalSeconds;
        if (process.ExitCode != 0)
        {
            throw new BenchmarkException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{await output}");
        }

        var parts = (await File.ReadAllTextAsync(figures, cancellationToken)).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var cpu = double.Parse(parts[0], CultureInfo.InvariantCulture) + double.Parse(parts[1], CultureInfo.InvariantCulture);
        return new Measured(wall, cpu, long.Parse(parts[2], CultureInfo.InvariantCulture) * 1024, await peak, await output);
    }

    /// <summary>Waits until all that earlier steps wrote is on the disk, so that it disturbs no later step.</summary>
    public Task SettleAsync(CancellationToken cancellationToken) => RunAsync("sync", [], new Dictionary<string, string>(), cancellationToken);

    // GNU time is the child, the program its child.
    static async Task<long> LookAsync(Process time, CancellationToken cancellationToken)
    {
        var peak = 0L;
        var children = $"/proc/{time.Id}/task/{time.Id}/children";
        while (!time.HasExited && !cancellationToken.IsCancellationRequested)
        {
            try
            {
                if ((await File.ReadAllTextAsync(children, cancellationToken)).Trim() is { Length: > 0 } child)
                {
                    peak = Math.Max(peak, await AnonymousAsync(child, cancellationToken));
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }

            await Task.Delay(LookEvery, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return peak;
    }

    static async Task<long> AnonymousAsync(string processId, CancellationToken cancellationToken)
    {
        foreach (var line in await File.ReadAllLinesAsync($"/proc/{processId}/status", cancellationToken))
        {
            if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
            {
                return long.Parse(line["RssAnon:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }
}
