using System.ComponentModel;
using System.Diagnostics;
using VmProxy.Testing;

namespace VmProxy.EndToEnd.Tests;

/// <summary>A process of one test, with what it prints. Disposing ends it when it has not ended itself.</summary>
sealed class ChildProcess : IAsyncDisposable
{
    static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly Process _process;
    readonly Stopwatch _watch = Stopwatch.StartNew();
    readonly CancellationTokenSource _tooLong = new(Patience, TimeProvider.System);
    readonly Task<string> _output;
    readonly Task<string> _errors;
    readonly Task _sampling;

    ChildProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _sampling = SampleAsync();
    }

    /// <summary>The most anonymous memory (RssAnon) that any sample has seen, in bytes.</summary>
    public long PeakAnonymousMemory { get; private set; }

    /// <summary>User and system time up to the last sample.</summary>
    public TimeSpan ProcessorTime { get; private set; }

    public bool HasEnded => _process.HasExited;

    public static ChildProcess Start(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["DOTNET_ROOT"] = VmproxyProgram.RuntimeFolder;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        process.StandardInput.Close();
        return new ChildProcess(process);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<ChildResult> WaitAsync()
    {
        try
        {
            await _process.WaitForExitAsync(_tooLong.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{_process.StartInfo.FileName} did not end within {Patience}.\n{await _output}\n{await _errors}");
        }

        var duration = _watch.Elapsed;
        await _sampling;
        return new ChildResult(_process.ExitCode, await _output, await _errors, duration, ProcessorTime, PeakAnonymousMemory);
    }

    /// <summary>Ends it as a power cut would: kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Presses Ctrl-C.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public Task SignalAsync(string name) => Tool.RunAsync("/bin/sh", ["-c", $"kill -{name} {_process.Id}"]);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _sampling;
        _process.Dispose();
        _tooLong.Dispose();
    }

    async Task SampleAsync()
    {
        var status = $"/proc/{_process.Id}/status";
        using var timer = new PeriodicTimer(SampleInterval, TimeProvider.System);
        try
        {
            while (!_process.HasExited)
            {
                var line = (await File.ReadAllLinesAsync(status, _tooLong.Token)).FirstOrDefault(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
                if (line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [.., var kibibytes, "kB"])
                {
                    PeakAnonymousMemory = Math.Max(PeakAnonymousMemory, long.Parse(kibibytes, System.Globalization.CultureInfo.InvariantCulture) << 10);
                }

                ProcessorTime = _process.TotalProcessorTime;
                await timer.WaitForNextTickAsync(_tooLong.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or Win32Exception or OperationCanceledException)
        {
            // It ended between two looks.
        }
    }
}
