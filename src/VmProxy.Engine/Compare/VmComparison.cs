using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Transports;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Compare;

/// <summary>The comparison of one VM's disks, from its snapshot to the proofs.</summary>
sealed class VmComparison(SnapshotContext context, VirtualMachine vm)
{
    const string Step = "compare transports";

    readonly List<Failure> _warnings = [];

    VcenterConnection Connection => context.Vcenter.Connection;

    string HostBuild => ProofKey.BuildOf(vm, context.Inventory);

    public async Task<ComparisonReport> RunAsync(CancellationToken cancellationToken)
    {
        var included = RequireReadable();
        var keeper = new SnapshotKeeper(context, vm);
        List<(VirtualDisk Disk, ComparedDisk Compared)> disks = [];
        var caller = cancellationToken;
        WatchedSnapshot? watched = null;
        try
        {
            var taken = await keeper.TakeAsync(new FreezeAndThaw(context, vm, [], _warnings), cancellationToken).ConfigureAwait(false);
            watched = context.Guard.Watch(vm, taken, keeper.Entry, cancellationToken);
            cancellationToken = watched.Token;
            var snapshot = await Connection.Snapshots.ReadDisksAsync(vm.Id, taken.Snapshot, cancellationToken).ConfigureAwait(false);
            foreach (var disk in snapshot.Disks.Where(disk => included.Contains(disk.Key)))
            {
                disks.Add((disk, await CompareAsync(snapshot, disk, cancellationToken).ConfigureAwait(false)));
            }

            await RequireStillTrueAsync(snapshot, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (watched?.Explains(exception) == true)
        {
            throw new EngineException(watched.GivenUp!, exception);
        }
        finally
        {
            watched?.Leave();
            if (await keeper.RemoveAsync().ConfigureAwait(false) is { } left)
            {
                context.Log.LogWarning("{Failure}", left);
                _warnings.Add(left);
            }

            watched?.Dispose();
        }

        foreach (var (disk, compared) in disks)
        {
            await RecordAsync(disk, compared, caller).ConfigureAwait(false);
        }

        return new ComparisonReport
        {
            RunId = context.RunId,
            VirtualMachine = vm.Name,
            HostBuild = HostBuild,
            Outcome = disks.Any(disk => disk.Compared.Transports.Any(transport => transport.Verdict == ComparisonVerdict.Differs)) ? Outcome.Failed
                : _warnings.Count > 0 ? Outcome.Warning
                : Outcome.Done,
            Disks = [.. disks.Select(disk => disk.Compared)],
            Warnings = _warnings,
        };
    }

    /// <summary>No snapshot of what cannot have one, or for disks that nothing could read.</summary>
    HashSet<int> RequireReadable()
    {
        var verdict = Eligibility.Judge(vm, context.Inventory.Datastores);
        if (verdict.Findings.FirstOrDefault(finding => finding.Kind == FindingKind.Refusal) is { } refusal)
        {
            throw new EngineException(refusal.Code, vm.Name, "judge the VM", refusal.Reason + ".", "No snapshot was made. Compare with another VM.");
        }

        var readable = verdict.Disks.Where(disk => disk.IsIncluded && Usable(disk.Disk).Any()).Select(disk => disk.Disk.Key).ToHashSet();
        return readable.Count > 0 ? readable : throw new EngineException(
            ReasonCodes.NoTransport, vm.Name, Step, "No transport can read any of its disks.", "`vmproxy vms` says why; no snapshot was made.");
    }

    IEnumerable<IDiskTransport> Usable(VirtualDisk disk) => context.Transports.All.Where(transport => transport.Judge(vm, disk).Usable);

    async Task<ComparedDisk> CompareAsync(SnapshotState snapshot, VirtualDisk disk, CancellationToken cancellationToken)
    {
        var subject = $"{vm.Name} / {disk.Label}";
        var allocated = await Connection.ChangedAreas
            .QueryAllocatedHintAsync(vm.Id, snapshot.Snapshot, disk.Key, disk.CapacityBytes, cancellationToken).ConfigureAwait(false);
        var blocks = SampledBlocks.Of(disk.CapacityBytes, (allocated as ChangedAreas.Areas)?.Ranges ?? []);
        List<Sample> samples = [];
        List<ComparedTransport> failed = [];
        foreach (var transport in Usable(disk))
        {
            try
            {
                samples.Add(await ReadAsync(transport, new SnapshotDiskRequest(vm, snapshot.Snapshot, disk), blocks, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && Expected.Failure(exception, subject, Step) is { } failure)
            {
                failed.Add(new ComparedTransport(transport.Name, ComparisonVerdict.Failed, FirstDifference: null, failure));
                _warnings.Add(failure);
            }
        }

        var judged = Agreement.Judge(samples);
        if (judged.All(one => one.Verdict == ComparisonVerdict.NotCompared))
        {
            _warnings.Add(new Failure(
                ReasonCodes.NotCompared, subject, Step,
                samples.Count < 2
                    ? $"Only {samples.Count} transport(s) could read it, so there is nothing to compare with."
                    : $"None of {blocks.Count} blocks holds data, and zeros prove nothing.",
                samples.Count < 2 ? "Prepare another transport (`vmproxy vms` says what is in its way), then compare again." : "Compare with a VM that holds data."));
        }

        foreach (var (sample, _, difference) in judged.Where(one => one.Verdict == ComparisonVerdict.Differs))
        {
            _warnings.Add(new Failure(
                ReasonCodes.TransportsDiffer, subject, Step,
                $"{sample.Transport} reads other bytes than the other transports, first in the block at {blocks.OffsetOf(difference!.Value)}.",
                "Do not use it for this disk; keep the output and report it. Points that it made should be verified against the VM."));
        }

        return new ComparedDisk(
            disk.Label, DiskForm.Of(disk, context.Inventory), blocks.Count, Agreement.DataBlocks(samples),
            [.. judged.Select(one => new ComparedTransport(
                one.Sample.Transport, one.Verdict, one.Difference is { } block ? blocks.OffsetOf(block) : null, Failure: null)), .. failed]);
    }

    async Task<Sample> ReadAsync(IDiskTransport transport, SnapshotDiskRequest request, SampledBlocks blocks, CancellationToken cancellationToken)
    {
        var opened = await transport.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            return opened.Device.Length == request.Disk.CapacityBytes
                ? new Sample(
                    transport.Name,
                    !transport.Judge(vm, request.Disk).NeedsProof || context.Transports.IsProven(transport.Name, vm, request.Disk),
                    await blocks.ReadAsync(opened.Device, cancellationToken).ConfigureAwait(false))
                : throw new EngineException(
                    ReasonCodes.DiskSize, request.DisplayName, Step,
                    $"By {transport.Name} it has {opened.Device.Length} bytes, and the disk has {request.Disk.CapacityBytes}.", "Do not use this transport for it.");
        }
    }

    /// <summary>What was read is nobody's state when somebody merged snapshots meanwhile.</summary>
    async Task RequireStillTrueAsync(SnapshotState snapshot, CancellationToken cancellationToken)
    {
        var check = await Connection.Snapshots.CheckAsync(snapshot, cancellationToken).ConfigureAwait(false);
        if (!check.Holds)
        {
            throw new EngineException(
                ReasonCodes.Discarded, vm.Name, Step, $"The comparison says nothing: {check.Reason} [{check.Code}].", "Compare again, and let nobody remove snapshots meanwhile.");
        }
    }

    async Task RecordAsync(VirtualDisk disk, ComparedDisk compared, CancellationToken cancellationToken)
    {
        var proven = compared.Transports.Where(transport => transport.Verdict == ComparisonVerdict.Proven).Select(transport => transport.Transport).ToArray();
        foreach (var transport in proven)
        {
            await context.Catalog.Proofs.RecordAsync(
                new TransportProof
                {
                    Transport = transport,
                    DiskForm = compared.Form,
                    HostBuild = HostBuild,
                    ComparedWith = string.Join(",", proven.Where(other => other != transport)),
                    Blocks = compared.DataBlocks,
                    RunId = context.RunId,
                    VmName = $"{vm.Name} / {disk.Label}",
                },
                cancellationToken).ConfigureAwait(false);
        }

        foreach (var transport in compared.Transports.Where(transport => transport.Verdict == ComparisonVerdict.Differs))
        {
            await context.Catalog.Proofs.RevokeAsync(transport.Transport, compared.Form, HostBuild, cancellationToken).ConfigureAwait(false);
        }
    }
}
