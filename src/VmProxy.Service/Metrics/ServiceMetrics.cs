using Prometheus;
using VmProxy.Engine;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Capacity;

namespace VmProxy.Service.Metrics;

/// <summary>What Prometheus reads. Names are never changed, only added.</summary>
sealed class ServiceMetrics
{
    readonly Gauge _running;
    readonly Gauge _lastEnd;
    readonly Gauge _lastSuccess;
    readonly Gauge _lastOutcome;
    readonly Counter _vms;
    readonly Counter _read;
    readonly Counter _stored;
    readonly Gauge _lastPoint;
    readonly Gauge _uncovered;
    readonly Gauge _missing;
    readonly Gauge _capacity;
    readonly Gauge _free;
    readonly Gauge _level;
    readonly Gauge _pruned;
    readonly Counter _notices;

    public ServiceMetrics()
    {
        var make = Prometheus.Metrics.WithCustomRegistry(Registry);
        make.CreateGauge("vmproxy_build_info", "1, with the version.", "version").WithLabels(ProgramVersion.Text).Set(1);
        _running = make.CreateGauge("vmproxy_job_running", "1 while the job runs.", "job");
        _lastEnd = make.CreateGauge("vmproxy_job_last_end_timestamp_seconds", "When the job last ended.", "job");
        _lastSuccess = make.CreateGauge("vmproxy_job_last_success_timestamp_seconds", "When the job last ended without a failed VM.", "job");
        _lastOutcome = make.CreateGauge("vmproxy_job_last_outcome", "How the job last ended: 0 done, 1 with warnings, 2 failed.", "job");
        _vms = make.CreateCounter("vmproxy_job_vms_total", "VMs that the job was done with, by outcome.", "job", "outcome");
        _read = make.CreateCounter("vmproxy_job_read_bytes_total", "Bytes read from disks.", "job");
        _stored = make.CreateCounter("vmproxy_job_stored_bytes_total", "Bytes that the repository grew by.", "job");
        _lastPoint = make.CreateGauge("vmproxy_vm_last_good_point_timestamp_seconds", "When the VM's newest good point was taken; 0: it has none.", "vcenter", "vm");
        _uncovered = make.CreateGauge("vmproxy_vms_uncovered", "VMs that no job selects or excludes.");
        _missing = make.CreateGauge("vmproxy_vms_missing_backup", "VMs of scheduled jobs without a good point as young as Notifications:MissingAfter.");
        _capacity = make.CreateGauge("vmproxy_datastore_capacity_bytes", "Size of the datastore.", "vcenter", "datastore");
        _free = make.CreateGauge("vmproxy_datastore_free_bytes", "Free bytes of the datastore.", "vcenter", "datastore");
        _level = make.CreateGauge("vmproxy_datastore_level", "0 fine, 1 warning, 2 critical.", "vcenter", "datastore");
        _pruned = make.CreateGauge("vmproxy_repository_last_prune_timestamp_seconds", "When the repository was last pruned.", "repository");
        _notices = make.CreateCounter("vmproxy_notices_total", "Attempts to hand a notice over, by result.", "channel", "result");
    }

    /// <summary>What the endpoint serves: this service's figures only.</summary>
    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    public void JobRuns(string job, bool runs) => _running.WithLabels(job).Set(runs ? 1 : 0);

    public void JobEnded(string job, Outcome outcome, DateTimeOffset at)
    {
        _lastEnd.WithLabels(job).Set(Seconds(at));
        _lastOutcome.WithLabels(job).Set((int)outcome);
        if (outcome != Outcome.Failed)
        {
            _lastSuccess.WithLabels(job).Set(Seconds(at));
        }
    }

    public void VmDone(string job, VmReport vm)
    {
        _vms.WithLabels(job, vm.Outcome.ToString().ToLowerInvariant()).Inc();
        _read.WithLabels(job).Inc(vm.Disks.Sum(disk => disk.ReadBytes));
        _stored.WithLabels(job).Inc(Math.Max(0, vm.StoredBytes));
    }

    /// <summary>The newest good points of all VMs; VMs that are gone go, but not those of a vCenter that is away.</summary>
    public void Points(IReadOnlyCollection<(string Vcenter, string Vm, DateTimeOffset? Taken)> points, int uncovered, int missing, IReadOnlySet<string> away)
    {
        Keep(_lastPoint, points.Select(point => (point.Vcenter, point.Vm)), vcenter => !away.Contains(vcenter));
        foreach (var (vcenter, vm, taken) in points)
        {
            _lastPoint.WithLabels(vcenter, vm).Set(taken is { } at ? Seconds(at) : 0);
        }

        _uncovered.Set(uncovered);
        _missing.Set(missing);
    }

    /// <summary>The room of all datastores; those that are gone from a vCenter that was read go.</summary>
    public void Capacity(IReadOnlyCollection<DatastoreCapacity> rows, IReadOnlyCollection<string> vcenters)
    {
        foreach (var gauge in new[] { _capacity, _free, _level })
        {
            Keep(gauge, rows.Select(row => (row.Vcenter, row.Name)), vcenter => vcenters.Contains(vcenter));
        }

        foreach (var row in rows)
        {
            _capacity.WithLabels(row.Vcenter, row.Name).Set(row.CapacityBytes);
            _free.WithLabels(row.Vcenter, row.Name).Set(row.FreeBytes);
            _level.WithLabels(row.Vcenter, row.Name).Set((int)row.Level);
        }
    }

    public void Pruned(string repository, DateTimeOffset at) => _pruned.WithLabels(repository).Set(Seconds(at));

    public void Told(string channel, bool taken) => _notices.WithLabels(channel, taken ? "taken" : "refused").Inc();

    /// <summary>Drops what a vCenter that was read does not have any more: a value that nobody sets again would stand for ever.</summary>
    static void Keep(Gauge gauge, IEnumerable<(string Vcenter, string Name)> present, Func<string, bool> isRead)
    {
        var now = present.ToHashSet();
        foreach (var old in gauge.GetAllLabelValues().Where(labels => isRead(labels[0]) && !now.Contains((labels[0], labels[1]))).ToArray())
        {
            gauge.RemoveLabelled(old);
        }
    }

    static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
