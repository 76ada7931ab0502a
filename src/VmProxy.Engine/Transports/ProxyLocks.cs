using System.Globalization;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Transports;

/// <summary>
/// Places and turns on proxy VMs, shared by every process of this installation: locks on files in the state folder, which the kernel frees when their
/// holder dies. The files are made once and never removed, or two could hold "the same" lock.
/// </summary>
sealed class ProxyLocks(string folder, TimeProvider time) : IProxySlots, IProxyTurns
{
    // EWOULDBLOCK of Linux, where sharing is flock(2).
    const int InUse = 11;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    async Task<IAsyncDisposable> IProxySlots.TakeAsync(ObjectId proxyVm, int slots, CancellationToken cancellationToken) =>
        await TakeOneAsync([.. Enumerable.Range(1, slots).Select(slot => string.Create(CultureInfo.InvariantCulture, $"{proxyVm.Value}.place-{slot}"))], cancellationToken)
            .ConfigureAwait(false);

    /// <inheritdoc/>
    async Task<IAsyncDisposable> IProxyTurns.TakeAsync(ObjectId proxyVm, CancellationToken cancellationToken) =>
        await TakeOneAsync([$"{proxyVm.Value}.turn"], cancellationToken).ConfigureAwait(false);

    async Task<FileStream> TakeOneAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (names.Select(TryTake).FirstOrDefault(taken => taken is not null) is { } held)
            {
                return held;
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    FileStream? TryTake(string name)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException exception) when (exception.HResult == InUse)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                new Failure(
                    ReasonCodes.StateUnwritable, Path.Combine(folder, name), "share the proxy VM with other jobs", exception.Message,
                    "Check the folder's rights and its disk (VmProxy:State:Folder)."),
                exception);
        }
    }
}
