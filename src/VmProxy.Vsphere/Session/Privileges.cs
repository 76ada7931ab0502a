namespace VmProxy.Vsphere;

/// <summary>A privilege that the user lacks.</summary>
/// <param name="Object">Where.</param>
/// <param name="Privilege">The server's id of the privilege.</param>
public sealed record MissingPrivilege(ObjectId Object, string Privilege);

/// <summary>Checks before a job what the user may do.</summary>
public sealed class Privileges
{
    readonly VcenterCaller _caller;

    internal Privileges(VcenterCaller caller) => _caller = caller;

    /// <summary>What a backup does to a VM: snapshots, change tracking, reading disks.</summary>
    public static IReadOnlyList<string> Backup { get; } =
    [
        "System.Read",
        "VirtualMachine.State.CreateSnapshot",
        "VirtualMachine.State.RemoveSnapshot",
        "VirtualMachine.Config.ChangeTracking",
        "VirtualMachine.Provisioning.DiskRandomRead",
        "VirtualMachine.Provisioning.GetVmFiles",
    ];

    /// <summary>What reading an encrypted VM needs besides, on the VM (requirement 13).</summary>
    public static IReadOnlyList<string> Encrypted { get; } = ["Cryptographer.Access"];

    /// <summary>What hot-add of an encrypted VM's disk needs besides, on the proxy VM (requirement 13).</summary>
    public static IReadOnlyList<string> EncryptedProxy { get; } = ["Cryptographer.Access", "Cryptographer.AddDisk"];

    /// <summary>What hot-add does to the proxy VM.</summary>
    public static IReadOnlyList<string> Proxy { get; } =
    [
        "VirtualMachine.Config.AddExistingDisk",
        "VirtualMachine.Config.RemoveDisk",
        "VirtualMachine.Config.Settings",
    ];

    /// <summary>What reading files and lending disks does to a datastore.</summary>
    public static IReadOnlyList<string> Files { get; } = ["Datastore.Browse", "Datastore.FileManagement"];

    /// <summary>The privileges that the user lacks, in one call. Empty is good.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.NotSupported"/>: the server cannot tell.</exception>
    public async Task<IReadOnlyList<MissingPrivilege>> FindMissingAsync(
        IReadOnlyList<ObjectId> objects, IReadOnlyList<string> privileges, CancellationToken cancellationToken)
    {
        if (objects.Count == 0 || privileges.Count == 0)
        {
            return [];
        }

        const string step = "checking privileges";
        var manager = _caller.Content.AuthorizationManager ?? throw new VsphereException(
            VsphereErrorCodes.NotSupported,
            _caller.Options.Name,
            step,
            "the server has no authorization manager.",
            "Check the user's role by hand.");
        var answers = await _caller.ReadAsync(
            _caller.Options.Name,
            step,
            (LiveSession live, CancellationToken token) => live.Client.HasPrivilegeOnEntitiesAsync(
                manager, objects.Select(References.ToReference), live.Key, privileges, token),
            cancellationToken).ConfigureAwait(false);
        return
        [
            .. from answer in answers
               from privilege in answer.PrivAvailability
               where !privilege.IsGranted
               select new MissingPrivilege(answer.Entity.ToId(), privilege.PrivId),
        ];
    }
}
