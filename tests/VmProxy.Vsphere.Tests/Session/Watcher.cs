using Microsoft.Extensions.Logging;

namespace VmProxy.Vsphere.Tests.Session;

/// <summary>A log that tells when an event was written for the nth time.</summary>
sealed class Watcher(int awaited = 0, int times = 1) : ILogger
{
    readonly List<string> _lines = [];
    readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _count;

    public IReadOnlyList<string> Lines => _lines;

    public Task Seen => _seen.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add(formatter(state, exception));
        }

        if (eventId.Id == awaited && Interlocked.Increment(ref _count) == times)
        {
            _seen.SetResult();
        }
    }
}
