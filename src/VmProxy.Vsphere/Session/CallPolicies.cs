using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace VmProxy.Vsphere;

/// <summary>What is tried again after which failure of the connection, and how long one attempt may take.</summary>
sealed class CallPolicies(VcenterOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>What a call is about, for the log.</summary>
    public static readonly ResiliencePropertyKey<(string Object, string Step)> Subject = new("subject");

    /// <summary>For calls that only read: whatever broke, the same question may be asked again.</summary>
    public ResiliencePipeline Reads { get; } = Retrying(options, time, logger, static exception => NeverArrived(exception) || LostTheAnswer(exception));

    /// <summary>For calls that change something: only what provably never left is sent again.</summary>
    public ResiliencePipeline Changes { get; } = Retrying(options, time, logger, NeverArrived);

    /// <summary>Around each attempt.</summary>
    public ResiliencePipeline Attempt { get; } = new ResiliencePipelineBuilder { TimeProvider = time }.AddTimeout(options.CallTimeout).Build();

    /// <summary>The request may have arrived, and the answer did not. A gateway's 502 to 504 is no word of the server itself.</summary>
    public static bool LostTheAnswer(Exception exception)
        => exception is TimeoutRejectedException
            or Vim.VimTransportException { Code: Vim.VimErrorCodes.ConnectionLost }
            or Vim.VimTransportException { HttpStatus: 502 or 503 or 504 };

    /// <summary>
    /// No connection was made, for the call or for the login that it needed, so the server did nothing. A refused certificate stays refused.
    /// </summary>
    static bool NeverArrived(Exception exception) => exception
        is Vim.VimTransportException { Code: Vim.VimErrorCodes.Unreachable }
        or VsphereException { Code: VsphereErrorCodes.Unreachable };

    static ResiliencePipeline Retrying(VcenterOptions options, TimeProvider time, ILogger logger, Func<Exception, bool> isSafe)
        => options.ReadAttempts <= 1 ? ResiliencePipeline.Empty : new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } exception && isSafe(exception)),
            MaxRetryAttempts = options.ReadAttempts - 1,
            Delay = options.RetryDelay,
            MaxDelay = TimeSpan.FromSeconds(30),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            OnRetry = arguments =>
            {
                var (@object, step) = arguments.Context.Properties.GetValue(Subject, ("", ""));
                Log.Retrying(
                    logger,
                    options.Name,
                    @object,
                    step,
                    arguments.Outcome.Exception?.Message ?? "",
                    arguments.AttemptNumber + 2,
                    arguments.RetryDelay);
                return default;
            },
        })
        .Build();
}
