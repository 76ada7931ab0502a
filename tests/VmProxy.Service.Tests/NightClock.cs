using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace VmProxy.Service.Tests;

/// <summary>
/// A clock that a test may set forward by hours. In between it flows as the machine's: what waits for a moment inside a backup does not wait for the test.
/// </summary>
sealed class NightClock : IAsyncDisposable
{
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    readonly Lock _moving = new();
    readonly CancellationTokenSource _ending = new();
    readonly Task _flow;

    public NightClock(DateTimeOffset start)
    {
        Time = new FakeTimeProvider(start);
        _flow = FlowAsync();
    }

    public FakeTimeProvider Time { get; }

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Sets the clock forward; one that is there already stays.</summary>
    public void JumpTo(DateTimeOffset moment)
    {
        lock (_moving)
        {
            if (moment > Time.GetUtcNow())
            {
                Time.SetUtcNow(moment);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _flow;
        _ending.Dispose();
    }

    async Task FlowAsync()
    {
        using var timer = new PeriodicTimer(Step);
        var last = Stopwatch.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                var now = Stopwatch.GetTimestamp();
                lock (_moving)
                {
                    Time.Advance(Stopwatch.GetElapsedTime(last, now));
                }

                last = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }
}
