using Microsoft.Extensions.Logging;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Points;
using VmProxy.Nbd;
using VmProxy.Repository;

namespace VmProxy.Engine.Serving;

/// <summary>A disk to serve.</summary>
/// <param name="Point">The point's id, or a unique beginning of it.</param>
/// <param name="Disk">The disk's device key, label, or name where files are listed.</param>
/// <param name="Address">The path of a socket, or HOST:PORT on loopback.</param>
public sealed record ServeDiskRequest(string Point, string Disk, string Address);

/// <summary>A disk that is being served.</summary>
/// <param name="Point">The restore point.</param>
/// <param name="VirtualMachine">The VM that it is of.</param>
/// <param name="Disk">The disk's label.</param>
/// <param name="CapacityBytes">The disk's size in bytes.</param>
/// <param name="Uri">By what NBD clients name it.</param>
public sealed record ServedDisk(string Point, string VirtualMachine, string Disk, long CapacityBytes, string Uri);

/// <summary>Serves one disk of a point, read-only, as a network block device.</summary>
/// <param name="session">What it works with.</param>
public sealed class ServeDisk(ProxySession session)
{
    /// <summary>What is wrong with an address, in words; null when it can be tried.</summary>
    public static string? ProblemOf(string address)
    {
        try
        {
            NbdAddress.Parse(address);
            return null;
        }
        catch (NbdException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Serves the disk until the token is cancelled, which is the normal end. What is in flight then is finished.</summary>
    /// <param name="request">What to serve, and where.</param>
    /// <param name="ready">Hears when clients can connect.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineException">No such point or disk.</exception>
    /// <exception cref="NbdException">It cannot be served at that address.</exception>
    /// <exception cref="RepositoryException">The point is damaged so that the disk cannot be opened. What is found damaged later is an error of the read, and is logged.</exception>
    /// <exception cref="OperationCanceledException">It was ended before clients could connect.</exception>
    public async Task RunAsync(ServeDiskRequest request, Action<ServedDisk> ready, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(ready);
        var address = NbdAddress.Parse(request.Address);
        var (repository, point) = await new PointShelf(session).FindAsync(request.Point, cancellationToken).ConfigureAwait(false);
        var disk = DiskChoice.Find(point, request.Disk);
        var log = session.Loggers.CreateLogger<ServeDisk>();
        var device = await repository.Repository.OpenDiskAsync(point, disk.Key, cancellationToken).ConfigureAwait(false);
        await using (device.ConfigureAwait(false))
        {
            var server = await NbdServer.StartAsync(
                new NbdServerOptions(address) { Logger = log, Time = session.Time },
                [new NbdExport("", $"{point.Vm.Name} / {disk.Label} of {point.Id}", device)],
                cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                ready(new ServedDisk(point.Id, point.Vm.Name, disk.Label, device.Length, server.Address.UriOf("")));
                await new PointWatch(repository, point.Id, session.Time, log).RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
