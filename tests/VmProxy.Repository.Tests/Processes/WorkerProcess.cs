using System.Collections.Concurrent;
using System.Diagnostics;

namespace VmProxy.Repository.Tests.Processes;

/// <summary>A <see cref="Worker"/> as a process of its own. Disposing kills it when it has not ended.</summary>
sealed class WorkerProcess : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly Process _process;
    readonly CancellationTokenSource _tooLong = new(Patience, TimeProvider.System);
    readonly Task<string> _errors;
    readonly ConcurrentQueue<(string What, string Value)> _told = [];

    WorkerProcess(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync(CancellationToken.None));

    /// <summary>What it has said, as far as it was read.</summary>
    public IReadOnlyCollection<(string What, string Value)> Told => _told;

    public static WorkerProcess Start(params string[] arguments)
    {
        var runtime = new FileInfo(typeof(object).Assembly.Location).Directory!.Parent!.Parent!.Parent!.FullName;
        var start = new ProcessStartInfo(Path.Combine(runtime, "dotnet"), ["exec", typeof(Worker).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return new WorkerProcess(Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start."));
    }

    /// <summary>Reads on until it has said something a number of times, or has ended.</summary>
    public async Task ReadAsync(string what, int times)
    {
        while (_told.Count(told => told.What == what) < times && await _process.StandardOutput.ReadLineAsync(_tooLong.Token) is { } line)
        {
            // A line that a kill cut off says nothing.
            if (line.Split(' ') is [var said, { Length: > 0 } value])
            {
                _told.Enqueue((said, value));
            }
        }
    }

    /// <summary>kill -9, and what it had said before.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Ends its input and waits for its end; it must be a good one.</summary>
    public async Task WaitAsync()
    {
        _process.StandardInput.Close();
        await EndAsync();
        Assert.That(_process.ExitCode, Is.Zero, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _tooLong.Dispose();
    }

    async Task EndAsync()
    {
        await ReadAsync("", int.MaxValue);
        await _process.WaitForExitAsync(_tooLong.Token);
    }
}
