using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Selection;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Care;

/// <summary>Looks at everything that a backup needs, and says what is missing. It changes nothing.</summary>
/// <param name="session">What it works with.</param>
public sealed class Doctor(ProxySession session)
{
    readonly List<DoctorCheck> _checks = [];
    readonly List<Host> _hosts = [];
    readonly HashSet<string> _repositories = [];
    readonly RoomChecks _room = new(session);
    readonly Dictionary<string, HashSet<VmKey>> _vmsOfRepositories = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Runs all checks. One that fails does not keep the others from running.</summary>
    public async Task<DoctorReport> RunAsync(CancellationToken cancellationToken)
    {
        var settings = session.Settings;
        Ok("configuration", $"{settings.VCenters.Count} vCenter(s), {settings.Repositories.Count} repository(ies), {settings.Jobs.Count} job(s)");
        await CheckAsync("catalog", async () =>
        {
            await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            Ok("catalog", settings.CatalogPath);
        }).ConfigureAwait(false);
        foreach (var repository in settings.Repositories)
        {
            await CheckAsync($"repository {repository.Name}", () => CheckRepositoryAsync(repository, cancellationToken)).ConfigureAwait(false);
        }

        foreach (var vcenter in settings.VCenters)
        {
            await CheckAsync($"vCenter {vcenter.Name}", () => CheckVcenterAsync(vcenter, cancellationToken)).ConfigureAwait(false);
        }

        CheckHostAddresses();
        await CheckAsync("room", () => CheckRoomAsync(cancellationToken)).ConfigureAwait(false);
        return new DoctorReport(_checks);
    }

    async Task CheckRepositoryAsync(RepositorySettings settings, CancellationToken cancellationToken)
    {
        var opened = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
        _repositories.Add(settings.Name);
        Ok($"repository {settings.Name}", $"{settings.Path}, {(opened.Repository.IsEncrypted ? "encrypted" : "not encrypted")}");
    }

    async Task CheckRoomAsync(CancellationToken cancellationToken)
    {
        _checks.AddRange(new[] { _room.State(), await _room.StagingAsync(cancellationToken).ConfigureAwait(false) }.OfType<DoctorCheck>());
        foreach (var repository in session.Settings.Repositories)
        {
            // One that cannot be opened has been told of.
            if (_repositories.Contains(repository.Name)
                && await _room.RepositoryAsync(repository, _vmsOfRepositories.GetValueOrDefault(repository.Name, []), cancellationToken).ConfigureAwait(false) is { } check)
            {
                _checks.Add(check);
            }
        }
    }

    async Task CheckVcenterAsync(VcenterSettings settings, CancellationToken cancellationToken)
    {
        var subject = $"vCenter {settings.Name}";
        var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
        Ok(subject, $"logged in to {vcenter.Connection.About.FullName}");
        var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
        _hosts.AddRange(inventory.Hosts);
        foreach (var warning in inventory.Warnings)
        {
            Add(subject, DoctorStatus.Warning, warning.FaultType, $"{warning.Object}: {warning.Path} cannot be read: {warning.Message}", "Check the privileges of the user.");
        }

        await CheckAsync($"{subject} / privileges", () => CheckPrivilegesAsync(vcenter, inventory, cancellationToken)).ConfigureAwait(false);
        CheckProxyVm(vcenter, inventory);
        JobSettings[] jobs = [.. session.Settings.Jobs.Where(job => session.Settings.VcenterOf(job) == settings)];
        var chooser = await VmChooser.ReadAsync(vcenter, inventory, jobs, cancellationToken).ConfigureAwait(false);
        // As long as there is no job, all of them.
        VirtualMachine[] chosen = [.. inventory.VirtualMachines.Where(vm => session.Settings.Jobs.Count == 0 || chooser.JobsOf(vm).Any())];
        NoteTargets(vcenter, chosen, chooser);
        _room.Add(vcenter, chosen);
        using var transports = await TransportFactory.CreateToJudgeAsync(session, vcenter, inventory, cancellationToken).ConfigureAwait(false);
        foreach (var datastore in inventory.Datastores.OrderBy(datastore => datastore.Name, StringComparer.Ordinal))
        {
            // What the server remembers of free space may be hours old.
            await CheckAsync($"datastore {datastore.Name} ({vcenter.Name})", async () => CheckDatastore(
                vcenter,
                datastore.Accessible ? await vcenter.Connection.Datastores.ReadFreshAsync(datastore.Id, cancellationToken).ConfigureAwait(false) : datastore,
                transports.Judge(datastore, chosen))).ConfigureAwait(false);
        }
    }

    /// <summary>Which VMs go to which repository; and which jobs have none.</summary>
    void NoteTargets(OpenedVcenter vcenter, IReadOnlyList<VirtualMachine> chosen, VmChooser chooser)
    {
        foreach (var job in chooser.Jobs)
        {
            var repository = session.Settings.RepositoryOf(job).Name;
            _vmsOfRepositories.TryAdd(repository, []);
            _vmsOfRepositories[repository].UnionWith(chosen
                .Where(vm => vm.InstanceUuid is not null && chooser.Selects(job, vm))
                .Select(vm => new VmKey(vcenter.Connection.InstanceUuid, vm.InstanceUuid!)));
            if (!chosen.Any(vm => chooser.Selects(job, vm)))
            {
                Add($"job {job.Name}", DoctorStatus.Warning, ReasonCodes.SelectionEmpty, "its selection fits no VM", "Compare VmProxy:Jobs with `vmproxy vms`.");
            }
        }
    }

    async Task CheckPrivilegesAsync(OpenedVcenter vcenter, Inventory inventory, CancellationToken cancellationToken)
    {
        var subject = $"vCenter {vcenter.Name} / privileges";
        var granting = vcenter.Connection.Privileges;
        var backedUp = inventory.VirtualMachines.Where(vm => Eligibility.Judge(vm).IsEligible).Select(vm => vm.Id).ToArray();
        var encrypted = inventory.VirtualMachines.Where(vm => vm.IsEncrypted && backedUp.Contains(vm.Id)).Select(vm => vm.Id).ToArray();
        ObjectId[] proxies = ProxyVmFinder.Find(session.Settings.Transports.HotAdd.ProxyVm, inventory).Proxy is { } proxy ? [proxy.Id] : [];
        MissingPrivilege[] missing =
        [
            .. await granting.FindMissingAsync(encrypted, Privileges.Encrypted, cancellationToken).ConfigureAwait(false),
            .. await granting.FindMissingAsync(encrypted.Length == 0 ? [] : proxies, Privileges.EncryptedProxy, cancellationToken).ConfigureAwait(false),
            .. await granting.FindMissingAsync(backedUp, Privileges.Backup, cancellationToken).ConfigureAwait(false),
            .. await granting.FindMissingAsync(proxies, Privileges.Proxy, cancellationToken).ConfigureAwait(false),
            .. await granting.FindMissingAsync([.. inventory.Datastores.Select(datastore => datastore.Id)], Privileges.Files, cancellationToken)
                .ConfigureAwait(false),
        ];
        if (missing.Length == 0)
        {
            Ok(subject, "all that a backup needs");
        }

        var names = inventory.VirtualMachines.Select(vm => (vm.Id, vm.Name)).Concat(inventory.Datastores.Select(datastore => (datastore.Id, datastore.Name)))
            .ToDictionary(one => one.Id, one => one.Name);
        foreach (var lack in missing.GroupBy(lack => lack.Privilege))
        {
            var objects = lack.Select(one => names.GetValueOrDefault(one.Object, one.Object.Value)).Distinct().Order(StringComparer.Ordinal).ToArray();
            Add(
                subject, DoctorStatus.Failed, VsphereErrorCodes.NoPermission,
                $"{lack.Key} is missing on {string.Join(", ", objects.Take(3))}{(objects.Length > 3 ? $" and {objects.Length - 3} more" : "")}",
                "Grant it to the user's role.");
        }
    }

    void CheckHostAddresses()
    {
        var addresses = TransportFactory.HostAddressesOf(session.Settings.Transports);
        foreach (var name in addresses.WithoutHost(_hosts))
        {
            Add(
                $"host address {name}", DoctorStatus.Warning, TransportCodes.HostAddressUnknown, "no vCenter has a host of this name, so the address is never used",
                "Write the name in VmProxy:Transports:HostAddresses as the inventory shows it.");
        }
    }

    void CheckProxyVm(OpenedVcenter vcenter, Inventory inventory)
    {
        var hotAdd = session.Settings.Transports.HotAdd;
        if (hotAdd.ProxyVm is not { Length: > 0 } configured)
        {
            return;
        }

        var subject = $"hot-add proxy {configured}";
        var (proxy, problem) = ProxyVmFinder.Find(configured, inventory);
        if (proxy is not null)
        {
            Ok(subject, $"found in vCenter {vcenter.Name} as {proxy.Id.Value}");
        }
        else if (session.Settings.VCenters.Count == 1)
        {
            Add(subject, DoctorStatus.Failed, problem!.Code, problem.Text, "Correct VmProxy:Transports:HotAdd:ProxyVm.");
        }

        foreach (var finding in proxy is null ? [] : HotAddPreflight.Check(hotAdd.SystemRoot, HotAddPreflight.OwnDisks(proxy, inventory)))
        {
            Add(
                $"{subject} / operating system", DoctorStatus.Warning, finding.Code, $"{finding.Text}.",
                $"Add the lines of {finding.Code} below to {finding.File}.", finding.Lines);
        }

        if (!Directory.Exists(hotAdd.DeviceFolder))
        {
            Add(subject, DoctorStatus.Failed, DoctorCodes.DeviceFolderMissing, $"{hotAdd.DeviceFolder} does not exist", "Correct VmProxy:Transports:HotAdd:DeviceFolder.");
        }
    }

    void CheckDatastore(OpenedVcenter vcenter, Datastore datastore, DatastoreTransports readable)
    {
        var subject = $"datastore {datastore.Name} ({vcenter.Name})";
        if (!datastore.Accessible)
        {
            Add(subject, DoctorStatus.Warning, DoctorCodes.DatastoreInaccessible, "no host reaches it", "Nothing on it can be backed up until one does.");
            return;
        }

        var floor = session.Settings.Guard.FloorOf(datastore.CapacityBytes);
        if (datastore.FreeBytes < floor)
        {
            Add(
                subject, DoctorStatus.Warning, ReasonCodes.NoRoom, $"{Sizes.Text(datastore.FreeBytes)} free, {Sizes.Text(floor)} wanted before a snapshot",
                "Free space on it, or lower VmProxy:Guard.");
            subject += " / transports";
        }

        if (readable.Disks == 0)
        {
            Ok(subject, $"{Sizes.Text(datastore.FreeBytes)} free, no disk to back up");
            return;
        }

        var reasons = string.Join("; ", readable.Reasons.Select(reason => $"{reason.Transport}: {reason.Text} ({reason.Disks} disks, {reason.Code})"));
        if (readable.Unreadable == 0)
        {
            Ok(subject, $"{Sizes.Text(datastore.FreeBytes)} free, {readable.Disks} disks by {string.Join(", ", readable.Usable)}{(reasons.Length == 0 ? "" : $"; {reasons}")}");
        }
        else
        {
            Add(
                subject, readable.Unreadable == readable.Disks ? DoctorStatus.Failed : DoctorStatus.Warning, ReasonCodes.NoTransport,
                $"{readable.Unreadable} of {readable.Disks} disks cannot be read: {reasons}", "Remove a reason, or exclude these VMs.");
        }
    }

    async Task CheckAsync(string subject, Func<Task> check)
    {
        try
        {
            await check().ConfigureAwait(false);
        }
        catch (Exception exception) when (Expected.Failure(exception, subject, "check") is { } failure)
        {
            Add(subject, DoctorStatus.Failed, failure.Code, failure.Message, failure.Next);
        }
    }

    void Ok(string subject, string message) => Add(subject, DoctorStatus.Ok, "", message, "");

    void Add(string subject, DoctorStatus status, string code, string message, string next, IReadOnlyList<string>? lines = null) =>
        _checks.Add(new DoctorCheck(subject, status, code, message, next) { Lines = lines ?? [] });
}
