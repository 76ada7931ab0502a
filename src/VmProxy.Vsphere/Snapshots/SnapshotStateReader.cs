using System.Xml.Linq;

namespace VmProxy.Vsphere;

/// <summary>Reads what a snapshot holds, and later whether it still does, each in one property read: two reads could see two different moments.</summary>
sealed class SnapshotStateReader(VcenterCaller caller, PropertyReader properties)
{
    const string Step = "reading the snapshot's disks";
    const string Config = "config";
    const string DevicesPath = VirtualMachineMapper.DevicesPath;

    static readonly string[] VmPaths = ["name", "snapshot", "runtime.host", DevicesPath];
    static readonly string[] SnapshotPaths = [Config];
    static readonly string[] CheckedVmPaths = ["snapshot", "runtime.host", DevicesPath];
    static readonly string[] CheckedSnapshotPaths = [DevicesPath];

    public async Task<SnapshotState> ReadAsync(ObjectId vm, ObjectId snapshot, CancellationToken cancellationToken)
    {
        var objects = await ReadRawAsync(vm, snapshot, cancellationToken).ConfigureAwait(false);
        var (machine, _) = Pick(objects, vm);
        var (held, element) = Pick(objects, snapshot);
        var config = held.Object<Vim.VirtualMachineConfigInfo>(Config);
        var xml = element.Elements().FirstOrDefault(child => child.Name.LocalName == "propSet" && Child(child, "name")?.Value == Config);
        if (config is null || xml is null || Child(xml, "val") is not { } value)
        {
            throw new VsphereException(
                VsphereErrorCodes.ObjectGone,
                vm.ToString(),
                Step,
                $"snapshot {snapshot.Value} has no configuration.",
                "Somebody removed it meanwhile; run again.");
        }

        var devices = Devices.Of(config.Hardware.Device);
        return new SnapshotState
        {
            Vm = vm,
            Snapshot = snapshot,
            HostId = machine.Reference("runtime.host"),
            ChangeTrackingEnabled = config.ChangeTrackingEnabled ?? false,
            Disks = devices.Disks,
            Controllers = devices.Controllers,
            UnknownDevices = devices.Unknown,
            RunningChains = ChainsOf(machine),
            Snapshots = SnapshotMapper.Flatten(machine.Object<Vim.VirtualMachineSnapshotInfo>("snapshot")),
            ConfigXml = value.ToString(),
            ConfigJson = ConfigurationJson.Of(value, "VirtualMachineConfigInfo"),
        };
    }

    public async Task<SnapshotCheck> CheckAsync(SnapshotState state, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<ObjectId, PropertySet> now;
        try
        {
            now = await properties.ReadAsync(
                [(state.Vm, CheckedVmPaths), (state.Snapshot, CheckedSnapshotPaths)], cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.ObjectGone)
        {
            return Gone(state);
        }

        var tree = SnapshotMapper.Flatten(now[state.Vm].Object<Vim.VirtualMachineSnapshotInfo>("snapshot"));
        if (tree.All(snapshot => snapshot.Id != state.Snapshot))
        {
            return Gone(state);
        }

        var (held, running) = (DisksOf(now[state.Snapshot]), ChainsOf(now[state.Vm]));
        return Compare(state, held, running) with { HostId = now[state.Vm].Reference("runtime.host") };
    }

    static SnapshotCheck Compare(
        SnapshotState state, Dictionary<int, VirtualDisk> held, IReadOnlyDictionary<int, IReadOnlyList<string>> running)
    {
        if (Moves(state, held, running) is { } moves)
        {
            return new SnapshotCheck(false, SnapshotCheckCodes.Moved, $"the VM's files were moved meanwhile: {moves}");
        }

        foreach (var disk in state.Disks)
        {
            if (!held.TryGetValue(disk.Key, out var now) || !now.Chain.SequenceEqual(disk.Chain, StringComparer.Ordinal))
            {
                return Changed($"{disk.Label} was {string.Join(" < ", disk.Chain)} and is {string.Join(" < ", now?.Chain ?? [])}");
            }

            // Further snapshots may lie on top; what was below must be the same files in the same order.
            if (state.RunningChains.TryGetValue(disk.Key, out var then)
                && (!running.TryGetValue(disk.Key, out var latest) || !latest.TakeLast(then.Count).SequenceEqual(then, StringComparer.Ordinal)))
            {
                return Changed($"the VM ran on {string.Join(" < ", then)} and runs on {string.Join(" < ", latest ?? [])}");
            }
        }

        return new SnapshotCheck(true, SnapshotCheckCodes.Holds, "the snapshot stands and its chains are unchanged");
    }

    /// <summary>
    /// A migration renames files and nothing else: each disk is the same one on as many links, and the VM still runs on top of what the snapshot
    /// froze. Removing a snapshot below, or a revert, makes chains shorter or leads the VM elsewhere.
    /// </summary>
    static string? Moves(SnapshotState state, Dictionary<int, VirtualDisk> held, IReadOnlyDictionary<int, IReadOnlyList<string>> running)
    {
        List<string> moves = [];
        foreach (var disk in state.Disks)
        {
            if (!held.TryGetValue(disk.Key, out var now) || now.Chain.Count() != disk.Chain.Count() || now.Uuid != disk.Uuid)
            {
                return null;
            }

            if (now.Chain.SequenceEqual(disk.Chain, StringComparer.Ordinal))
            {
                continue;
            }

            if (!running.TryGetValue(disk.Key, out var chain) || !chain.TakeLast(now.Chain.Count()).SequenceEqual(now.Chain, StringComparer.Ordinal))
            {
                return null;
            }

            moves.Add($"{disk.Label} from {disk.FileName} to {now.FileName}");
        }

        return moves.Count == 0 ? null : string.Join(", ", moves);
    }

    async Task<IReadOnlyList<XElement>> ReadRawAsync(ObjectId vm, ObjectId snapshot, CancellationToken cancellationToken)
    {
        var request = new Vim.RetrievePropertiesExRequest
        {
            This = caller.Content.PropertyCollector,
            SpecSet = [Specify(vm, VmPaths), Specify(snapshot, SnapshotPaths)],
            Options = new Vim.RetrieveOptions(),
        };
        var result = (await caller.ReadAsync(
            vm.ToString(),
            Step,
            (Vim.VimClient client, CancellationToken token) => client.CallRawAsync(request, token),
            cancellationToken).ConfigureAwait(false)).FirstOrDefault();
        if (result is not null && Child(result, "token") is not null)
        {
            throw new VsphereException(
                VsphereErrorCodes.ProtocolError,
                vm.ToString(),
                Step,
                "the server split two objects over two answers.",
                "They would be of two moments; report this server's version.");
        }

        return [.. result?.Elements().Where(child => child.Name.LocalName == "objects") ?? []];
    }

    static (PropertySet Properties, XElement Element) Pick(IReadOnlyList<XElement> objects, ObjectId id)
    {
        foreach (var element in objects)
        {
            var content = Vim.VimXml.Read<Vim.ObjectContent>(element);
            if (content.Obj.ToId() == id)
            {
                return (new PropertySet(content), element);
            }
        }

        throw new VsphereException(
            VsphereErrorCodes.ObjectGone,
            id.ToString(),
            Step,
            "the server does not know the object.",
            "It was removed meanwhile; read the inventory again.");
    }

    static Dictionary<int, VirtualDisk> DisksOf(PropertySet set) => Devices.Of(set).Disks.DistinctBy(disk => disk.Key).ToDictionary(disk => disk.Key);

    static Dictionary<int, IReadOnlyList<string>> ChainsOf(PropertySet set)
        => DisksOf(set).ToDictionary(disk => disk.Key, disk => (IReadOnlyList<string>)[.. disk.Value.Chain]);

    static Vim.PropertyFilterSpec Specify(ObjectId id, IReadOnlyList<string> paths) => new()
    {
        PropSet = [new Vim.PropertySpec { Type = id.Type, PathSet = [.. paths] }],
        ObjectSet = [new Vim.ObjectSpec { Obj = id.ToReference() }],
    };

    static XElement? Child(XElement parent, string name) => parent.Elements().FirstOrDefault(child => child.Name.LocalName == name);

    static SnapshotCheck Gone(SnapshotState state)
        => new(
            false,
            SnapshotCheckCodes.Gone,
            $"snapshot {state.Snapshot.Value} was removed meanwhile; its blocks may have been written over");

    static SnapshotCheck Changed(string reason) => new(false, SnapshotCheckCodes.ChainChanged, reason);
}
