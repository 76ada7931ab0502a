using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>Asks the server what one host or datastore must answer, for a while only: one that hangs must not keep the watch from looking at the others.</summary>
/// <param name="limit">How long an answer may take.</param>
/// <param name="time">The clock of the limit.</param>
/// <param name="step">What is asked for, for messages.</param>
sealed class TimedQuestion(TimeSpan limit, TimeProvider time, string step)
{
    /// <summary>Asks.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.Timeout"/>: there was no answer in time; or what the server says.</exception>
    public async Task<T> AskAsync<T>(string what, Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await question(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new VsphereException(
                VsphereErrorCodes.Timeout, what, step, $"there was no answer within {Sizes.Text(limit)}.", "Look at its host and its storage.", exception);
        }
    }
}
