using VmProxy.Blocks;
using VmProxy.Blocks.Qcow2;
using VmProxy.Blocks.Vmdk;
using VmProxy.Engine.Copying;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Points;
using VmProxy.Repository;

namespace VmProxy.Engine.Restore;

/// <summary>A disk to restore.</summary>
/// <param name="Point">The point's id, or a unique beginning of it.</param>
/// <param name="Disk">The disk's device key or label.</param>
/// <param name="File">Full path of the file to write; it must not exist.</param>
/// <param name="Format">The form of the file.</param>
public sealed record RestoreDiskRequest(string Point, string Disk, string File, DiskFormat Format);

/// <summary>Writes one disk of a point to a file.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class RestoreDisk(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Restores the disk. A file that was begun and not finished is removed.</summary>
    /// <exception cref="EngineException">No such point, disk or folder, or no room.</exception>
    /// <exception cref="BlockDeviceException">The file exists or cannot be written.</exception>
    /// <exception cref="RepositoryException">The point is damaged.</exception>
    public async Task<RestoreReport> RunAsync(RestoreDiskRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (repository, point) = await new PointShelf(session).FindAsync(request.Point, cancellationToken).ConfigureAwait(false);
        var disk = DiskChoice.Find(point, request.Disk);
        var source = await repository.Repository.OpenDiskAsync(point, disk.Key, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            await new RestoreRoom(session).RequireAsync(request.File, source, cancellationToken).ConfigureAwait(false);
            var files = new RestoreFiles();
            try
            {
                var written = await WriteAsync(request, source, files, cancellationToken).ConfigureAwait(false);
                return new RestoreReport(
                    point.Id, point.Vm.Name, disk.Label, request.File, request.Format.ToString().ToLowerInvariant(), disk.CapacityBytes, written);
            }
            catch
            {
                files.Remove();
                throw;
            }
        }
    }

    async Task<long> WriteAsync(RestoreDiskRequest request, IBlockDevice source, RestoreFiles files, CancellationToken cancellationToken)
    {
        var target = await OpenTargetAsync(request, source, files, cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            var done = 0L;
            return await DiskImageCopy.RunAsync(
                source,
                target,
                bytes => progress?.Report(new WorkProgress(request.File, Interlocked.Add(ref done, bytes), source.Length)),
                cancellationToken).ConfigureAwait(false);
        }
    }

    static async Task<IWritableBlockDevice> OpenTargetAsync(
        RestoreDiskRequest request, IBlockDevice source, RestoreFiles files, CancellationToken cancellationToken)
    {
        switch (request.Format)
        {
            case DiskFormat.Qcow2:
                return await Qcow2Image.CreateAsync(
                    source, async length => await files.CreateAsync(request.File, length, cancellationToken).ConfigureAwait(false), cancellationToken)
                    .ConfigureAwait(false);
            case DiskFormat.Vmdk:
                await files.CreateVmdkAsync(request.File, source.Length, cancellationToken).ConfigureAwait(false);
                return await WritableVmdkDisk.OpenWritableAsync(request.File, cancellationToken).ConfigureAwait(false);
            default:
                return await files.CreateAsync(request.File, source.Length, cancellationToken).ConfigureAwait(false);
        }
    }
}
