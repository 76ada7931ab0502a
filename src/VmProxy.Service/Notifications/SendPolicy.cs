using Polly;
using Polly.Retry;

namespace VmProxy.Service.Notifications;

/// <summary>How a notice is sent: each attempt within its time, a few attempts soon after each other. What then has not gone out waits in the catalog.</summary>
static class SendPolicy
{
    const int Retries = 2;

    static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);

    public static ResiliencePipeline Create(TimeSpan timeout, TimeProvider time, Func<Exception, bool> mayPass) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } exception && mayPass(exception)),
            MaxRetryAttempts = Retries,
            Delay = FirstWait,
            BackoffType = DelayBackoffType.Exponential,
        })
        .AddTimeout(timeout)
        .Build();
}
