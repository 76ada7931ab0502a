using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VmProxy.Nbd.Tests;

/// <summary>Keeps what is logged, and lets a test wait for it.</summary>
sealed class HeardLog : ILogger, IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = [];
    readonly SemaphoreSlim _heard = new(0);

    public IEnumerable<string> Lines => _lines.Select(line => line.Text);

    public IEnumerable<string> Errors => _lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text);

    /// <summary>Returns when a line with the words has been logged; fails when that takes too long.</summary>
    public async Task WaitForAsync(string words)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!Lines.Any(line => line.Contains(words, StringComparison.Ordinal)))
        {
            try
            {
                await _heard.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new AssertionException($"Nobody logged '{words}', but:\n{string.Join('\n', Lines)}");
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue((logLevel, $"{formatter(state, exception)} {exception?.Message}"));
        _heard.Release();
    }

    public void Dispose() => _heard.Dispose();
}
