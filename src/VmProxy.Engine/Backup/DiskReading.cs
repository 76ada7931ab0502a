using Microsoft.Extensions.Logging;
using VmProxy.Blocks;
using VmProxy.Engine.Copying;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Transports;
using VmProxy.Repository;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>
/// Reads what is planned of a snapshot's disk by the best transport, and goes on with the next one where it fails, before the first byte or in the middle:
/// on the same snapshot, with what is not stored yet.
/// </summary>
sealed class DiskReading(BackupContext context, SnapshotDiskRequest request, TransportChoice choice, string subject)
{
    const string Step = "read the disk";

    readonly Dictionary<string, DiskTransport> _transports = choice.Verdicts.ToDictionary(verdict => verdict.Transport, DiskTransport.Of);
    readonly StoredExtents _stored = new();
    (DiskWriter Writer, IReadOnlyList<ByteRange> Areas)? _target;
    TransportCandidate? _finisher;

    /// <summary>All verdicts, with what each transport really did.</summary>
    public IReadOnlyList<DiskTransport> Transports => [.. choice.Verdicts.Select(verdict => _transports[verdict.Transport])];

    /// <summary>The transports that read, in the order in which they did, such as "hotadd" or "san+hotadd".</summary>
    public string Used { get; private set; } = "";

    public long BytesRead => _transports.Values.Sum(transport => transport.ReadBytes);

    /// <summary>What slowing the reads of the source came to; null when it was fast enough.</summary>
    public SlowedSource? Slowed { get; private set; }

    /// <summary>An explicit choice that another transport had to replace, which only happens where that is allowed: a warning.</summary>
    public Failure? Replaced => _finisher is not { IsFallback: true } ? null : new Failure(
        TransportCodes.FellBack, subject, Step,
        $"It was read by {Used}, for what was asked for could not read it: {string.Join("; ", Transports.Where(Failed).Select(Why))}.",
        "Remove the reason, or ask for another transport.");

    /// <summary>Stores what is planned, and returns what it was stored by.</summary>
    /// <param name="begin">Decides what is read once there is a device, and opens what it is stored by; not asked again by a fallback.</param>
    /// <param name="advanced">Hears of bytes that were stored.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="TransportException">No transport can read the disk; or the last one failed, and so on for its other failures.</exception>
    public async Task<DiskWriter> RunAsync(
        Func<IBlockDevice, CancellationToken, Task<(DiskWriter Writer, IReadOnlyList<ByteRange> Areas)>> begin, Action<long> advanced,
        CancellationToken cancellationToken)
    {
        choice.Require(request);
        for (var turn = 0; ; turn++)
        {
            var candidate = choice.Candidates[turn];
            try
            {
                var writer = await ReadAsync(candidate, begin, advanced, cancellationToken).ConfigureAwait(false);
                _finisher = candidate;
                return writer;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && FailureOfSource(exception) is { } failure)
            {
                var name = candidate.Transport.Name;
                _transports[name] = _transports[name] with { Failure = failure };
                if (turn + 1 == choice.Candidates.Count)
                {
                    throw;
                }

                context.Log.LogWarning("{Disk}: {Transport} failed, {Next} goes on: {Failure}", subject, name, choice.Candidates[turn + 1].Transport.Name, failure);
            }
        }
    }

    async Task<DiskWriter> ReadAsync(
        TransportCandidate candidate, Func<IBlockDevice, CancellationToken, Task<(DiskWriter Writer, IReadOnlyList<ByteRange> Areas)>> begin,
        Action<long> advanced, CancellationToken cancellationToken)
    {
        var opened = await candidate.Transport.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        var paced = context.Guard.Pace(opened.Device, subject);
        var source = new CountingBlockDevice(paced, ownsInner: false);
        try
        {
            RequireSize(opened.Device);
            var (writer, areas) = _target ??= await begin(opened.Device, cancellationToken).ConfigureAwait(false);
            var rest = _stored.RestOf(areas, writer.ChunkSize, writer.Length);
            await DiskCapture.RunAsync(
                source,
                writer,
                rest,
                writer.ChunkSize,
                extent =>
                {
                    _stored.Add(extent);
                    advanced(extent.Length);
                },
                cancellationToken).ConfigureAwait(false);
            return writer;
        }
        finally
        {
            Slowed = paced.Slowed ?? Slowed;
            NoteUse(candidate.Transport.Name, source.BytesRead);
            await CloseAsync(opened).ConfigureAwait(false);
        }
    }

    void NoteUse(string name, long bytes)
    {
        _transports[name] = _transports[name] with { ReadBytes = bytes };
        Used = Used.Length == 0 || _transports.Values.All(transport => transport.Transport == name || transport.ReadBytes == 0) ? name
            : bytes > 0 ? $"{Used}+{name}" : Used;
    }

    /// <summary>
    /// What was read is good whether or not the disk could be detached afterwards. Its journal entry stays open, so that the snapshot is not
    /// removed before it.
    /// </summary>
    async Task CloseAsync(OpenedDisk opened)
    {
        try
        {
            await opened.DisposeAsync().ConfigureAwait(false);
        }
        catch (TransportException exception) when (exception.Code == TransportCodes.DetachFailed)
        {
            context.Log.LogWarning("{Disk}: could not be detached; it is tried again before the snapshot is removed: {Reason}", subject, exception.Message);
        }
    }

    void RequireSize(IBlockDevice device)
    {
        if (device.Length != request.Disk.CapacityBytes)
        {
            throw new EngineException(
                ReasonCodes.DiskSize, subject, "open the disk", $"The device has {device.Length} bytes, and the disk has {request.Disk.CapacityBytes}.",
                "Check that the proxy shows the right device; nothing was stored.");
        }
    }

    /// <summary>The failure of a transport or of what it reads; null for the repository's, against which no other transport helps.</summary>
    Failure? FailureOfSource(Exception exception) => exception switch
    {
        TransportException or BlockDeviceException or VsphereException => Expected.Failure(exception, subject, Step),
        EngineException { Failure.Code: ReasonCodes.DiskSize } engine => engine.Failure,
        _ => null,
    };

    static bool Failed(DiskTransport transport) => !transport.Usable || transport.Failure is not null;

    static string Why(DiskTransport transport) => transport.Failure is { } failure
        ? $"{transport.Transport}: {failure.Message.TrimEnd('.')} ({failure.Code})"
        : $"{transport.Transport}: {string.Join(", ", transport.Reasons.Where(reason => reason.Blocks).Select(reason => $"{reason.Text} ({reason.Code})"))}";
}
