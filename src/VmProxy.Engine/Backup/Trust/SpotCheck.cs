using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VmProxy.Blocks;
using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup.Trust;

/// <summary>
/// Never believes a source that can be asked: of some disks, random blocks that the server calls unchanged (or, for a full, not allocated) are read
/// from the opened snapshot and compared with the earlier point (or with zeros). One that differs is a change that was left out: then all of the disk
/// is read in this run, an alarm is raised, the evidence is kept, and the disk's changed areas are not believed before a full has been made.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="vm">The VM.</param>
/// <param name="snapshot">Its snapshot.</param>
/// <param name="doubts">What earlier checks found.</param>
/// <param name="alarm">Hears of what must be told; from any thread.</param>
sealed class SpotCheck(BackupContext context, VirtualMachine vm, SnapshotState snapshot, ChangeTrackingDoubts doubts, Action<Failure> alarm)
{
    const string Step = "check changed block tracking";
    const int MostReads = 8;
    const int Named = 5;

    VmKey Key => new(context.Vcenter.Connection.InstanceUuid, vm.InstanceUuid ?? "");

    /// <summary>The plan, if chance spared it or nothing speaks against it; else one that reads the whole disk.</summary>
    public async Task<DiskPlan> ConfirmAsync(DiskPlan plan, IBlockDevice source, CancellationToken cancellationToken)
    {
        var random = new Random(context.Seed());
        if (plan.Answer is null || !IsDue(plan, random))
        {
            return plan;
        }

        var offsets = SpotSample.Pick(plan.Disk.CapacityBytes, plan.ChunkSize, plan.Areas, context.Job.SpotCheck.Blocks, random);
        var differences = await CompareAsync(plan, source, offsets, cancellationToken).ConfigureAwait(false);
        plan = plan with { CheckedBytes = offsets.Sum(offset => Math.Min(plan.ChunkSize, plan.Disk.CapacityBytes - offset)) };
        return differences.Length == 0 ? plan : await DoubtAsync(plan, offsets.Length, differences, cancellationToken).ConfigureAwait(false);
    }

    bool IsDue(DiskPlan plan, Random random) =>
        random.NextDouble() * 100 < context.Job.SpotCheck.SharePercent
        || (plan.Disk.ChangeId is { } id && doubts.WasCaught(plan.Disk.Key, ChangeId.Parse(id).Epoch));

    async Task<ChunkDifference[]> CompareAsync(DiskPlan plan, IBlockDevice source, IEnumerable<long> offsets, CancellationToken cancellationToken)
    {
        var repository = context.Repository.Repository;
        var stored = plan.Base is { } before
            ? await repository.OpenComparisonAsync(before.Map, cancellationToken).ConfigureAwait(false)
            : await repository.OpenComparisonWithZerosAsync(plan.Disk.CapacityBytes, plan.ChunkSize, cancellationToken).ConfigureAwait(false);
        var differences = new ConcurrentBag<ChunkDifference>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(source.MaxInFlight, 1, MostReads), CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(offsets, options, async (offset, token) =>
        {
            var length = (int)Math.Min(plan.ChunkSize, plan.Disk.CapacityBytes - offset);
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                await source.ReadAsync(offset, buffer.AsMemory(0, length), token).ConfigureAwait(false);
                if (await stored.CompareAsync(offset, buffer.AsMemory(0, length), token).ConfigureAwait(false) is { } difference)
                {
                    differences.Add(difference);
                }
            }
            catch (RepositoryException exception) when (exception.Code == RepositoryErrorCodes.Damaged)
            {
                // What cannot be compared tells nothing; that the base is damaged is found and told elsewhere.
                context.Log.LogWarning("{Vm} / {Disk}: block at {Offset} cannot be compared: {Reason}", vm.Name, plan.Disk.Label, offset, exception.Message);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }).ConfigureAwait(false);
        return [.. differences.OrderBy(difference => difference.Offset)];
    }

    async Task<DiskPlan> DoubtAsync(DiskPlan plan, int checkedBlocks, ChunkDifference[] differences, CancellationToken cancellationToken)
    {
        var doubtful = plan.BasePoint is { } basePoint ? context.History.SinceFull(Key, plan.Disk.Key, basePoint) : [];
        var what = plan.Base is null
            ? $"vCenter called areas not allocated that hold data: {differences.Length} of {checkedBlocks} checked blocks do"
            : $"vCenter left out changes: {differences.Length} of {checkedBlocks} checked blocks that it called unchanged differ from point {plan.BasePoint}";
        var (evidence, trouble) = await KeepAsync(Evidence(plan, checkedBlocks, differences, doubtful), cancellationToken).ConfigureAwait(false);
        alarm(new Failure(
            ChangeTrackingCodes.SpotCheckMissed,
            $"{vm.Name} / {plan.Disk.Label}",
            Step,
            $"{what} (at {string.Join(", ", differences.Take(Named).Select(difference => difference.Offset))}{(differences.Length > Named ? ", …" : "")}). "
                + $"All of the disk is read in this run, so that its new point is right. {(evidence is null ? $"The evidence could not be kept: {trouble}" : $"The evidence is in {evidence}.")}"
                + (doubtful.Count == 0 ? " No earlier point is in doubt." : $" Points that may lack changes too: {string.Join(", ", doubtful)}."),
            "Keep the evidence for VMware's support and update the host; reset change tracking ('vmproxy cbt reset')"
                + (doubtful.Count == 0 ? "." : "; do not rely on the points that may lack changes before you have looked into them.")));
        await RememberAsync(plan, what, evidence, cancellationToken).ConfigureAwait(false);
        return plan.ReadWhole(ChangeTrackingCodes.SpotCheckMissed, what, (int)context.Repository.Settings.ChunkSize.Bytes);
    }

    async Task<(string? File, string? Trouble)> KeepAsync(SpotCheckEvidence evidence, CancellationToken cancellationToken)
    {
        try
        {
            return (await evidence.WriteAsync(context.EvidenceFolder, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>The full that follows makes up for what was missed; only should it fail, the next run must know.</summary>
    async Task RememberAsync(DiskPlan plan, string what, string? evidence, CancellationToken cancellationToken)
    {
        try
        {
            await context.Catalog.ChangeTrackingDoubts.AddAsync(
                new ChangeTrackingDoubt
                {
                    Vm = Key,
                    DiskKey = plan.Disk.Key,
                    RunId = context.RunId,
                    Epoch = ChangeId.Parse(plan.Disk.ChangeId ?? "").Epoch,
                    Reason = what,
                    Evidence = evidence,
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (CatalogException exception)
        {
            alarm(new Failure(
                ReasonCodes.CatalogBehind, $"{vm.Name} / {plan.Disk.Label}", "record the doubt about change tracking", exception.Message,
                "Should this backup fail, make the next one with --level full."));
        }
    }

    SpotCheckEvidence Evidence(DiskPlan plan, int checkedBlocks, ChunkDifference[] differences, IReadOnlyList<string> doubtful) => new()
    {
        FoundAt = context.Time.GetUtcNow(),
        RunId = context.RunId,
        VcenterUuid = Key.VcenterUuid,
        Server = context.Vcenter.Connection.About.FullName,
        Vm = vm.Name,
        VmInstanceUuid = Key.InstanceUuid,
        VmMoRef = vm.Id.ToString(),
        Snapshot = snapshot.Snapshot.ToString(),
        Disk = plan.Disk.Label,
        DiskKey = plan.Disk.Key,
        DiskUuid = plan.Disk.Uuid,
        CapacityBytes = plan.Disk.CapacityBytes,
        Chain = [.. plan.Disk.Chain],
        HostVersion = plan.Track.HostVersion,
        HostBuild = plan.Track.HostBuild,
        BasePoint = plan.BasePoint,
        BaseChangeId = plan.Base?.ChangeId ?? "*",
        ChangeId = plan.Disk.ChangeId,
        DoubtfulPoints = doubtful,
        CheckedBlocks = checkedBlocks,
        BlockBytes = plan.ChunkSize,
        Differences = differences,
        Answer = [.. plan.Answer!.Select(area => new[] { area.Offset, area.Length })],
    };
}
