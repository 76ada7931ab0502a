using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files.Targets;

namespace VmProxy.Engine.Files;

/// <summary>Where restored guest files go.</summary>
public enum FilesTargetKind
{
    /// <summary>A folder; it is made when it does not exist.</summary>
    Folder,

    /// <summary>A zip archive.</summary>
    Zip,

    /// <summary>A tar archive.</summary>
    Tar,
}

/// <summary>Guest files to restore.</summary>
/// <param name="Point">The point's id, or a unique beginning of it.</param>
/// <param name="Paths">Files and directories: VOLUME:/path, or a path alone where only one volume has it.</param>
/// <param name="Kind">What the target is.</param>
/// <param name="Target">Its path; "-" for an archive that goes to <paramref name="Output"/>.</param>
/// <param name="Overwrite">Whether files that are there are replaced.</param>
/// <param name="Output">The stream of an archive without a file.</param>
public sealed record FilesGetRequest(
    string Point, IReadOnlyList<string> Paths, FilesTargetKind Kind, string Target, bool Overwrite, Stream? Output = null);

/// <summary>Restores guest files of a point, without restoring the disk and without root.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class FilesGet(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Restores the files. An archive that was begun and not finished, or got nothing, is removed; files that were restored whole stay.</summary>
    /// <exception cref="EngineException">No such point, no such folder, or nothing more can be written.</exception>
    /// <exception cref="Repository.RepositoryException">The point is damaged.</exception>
    public async Task<FilesReport> RunAsync(FilesGetRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var volumes = await PointVolumes.OpenAsync(session, request.Point, cancellationToken).ConfigureAwait(false);
        await using (volumes.ConfigureAwait(false))
        {
            var tally = new FileTally();
            var target = FileTargets.Open(request);
            await using (target.ConfigureAwait(false))
            {
                try
                {
                    await new FileRestore(volumes.Disks, target, tally, progress).RunAsync(request.Paths, cancellationToken).ConfigureAwait(false);
                    if (!tally.IsNothingRestored || request.Output is not null)
                    {
                        await target.CompleteAsync(tally.Warn, cancellationToken).ConfigureAwait(false);
                    }
                }
                catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
                {
                    throw new EngineException(new Failure(ReasonCodes.Cancelled, "vmproxy", "files get", WhatStays(request), ""), exception);
                }
                catch (Exception exception) when (request.Output is not null && TargetFaults.IsOfTheTarget(exception))
                {
                    throw new EngineException(
                        new Failure(ReasonCodesOfFiles.NotWritten, "standard output", "write the archive", exception.Message, "Look at what reads it: what it has is no whole archive."), exception);
                }
            }

            return tally.Report(volumes.Point.Id, volumes.Point.Vm.Name, request.Target);
        }
    }

    static string WhatStays(FilesGetRequest request) => "The command was cancelled; " + request switch
    {
        { Kind: FilesTargetKind.Folder } => $"what was restored whole stays in {request.Target}, nothing of the file in hand.",
        { Output: not null } => "what standard output has got is no whole archive.",
        _ => "nothing of the archive was kept.",
    };
}
