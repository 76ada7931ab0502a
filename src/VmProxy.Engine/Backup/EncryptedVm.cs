using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What an encrypted VM needs before anything is changed (vSphere requirement 13).</summary>
static class EncryptedVm
{
    /// <summary>Refuses a backup that would put the VM's data somewhere in clear, or that the user's rights do not suffice for.</summary>
    /// <exception cref="EngineException"><see cref="ReasonCodes.EncryptedIntoClear"/> or <see cref="ReasonCodes.EncryptedNoAccess"/>.</exception>
    public static async Task RequireAsync(BackupContext context, VirtualMachine vm, CancellationToken cancellationToken)
    {
        if (!vm.IsEncrypted)
        {
            return;
        }

        if (!context.Repository.Repository.IsEncrypted)
        {
            throw new EngineException(
                ReasonCodes.EncryptedIntoClear, vm.Name, "judge the VM",
                $"It is encrypted, its disks are read in clear, and repository {context.Repository.Settings.Name} does not encrypt. No snapshot was made.",
                "Back it up into an encrypted repository.");
        }

        if (await MissingAsync(context.Vcenter.Connection.Privileges, vm, cancellationToken).ConfigureAwait(false) is { Count: > 0 } missing)
        {
            throw new EngineException(
                ReasonCodes.EncryptedNoAccess, vm.Name, "judge the VM",
                $"It is encrypted, and the user lacks {string.Join(", ", missing.Select(lack => lack.Privilege))} on it. No snapshot was made.",
                "Grant it to the user's role; `vmproxy doctor` lists all that are missing.");
        }
    }

    static async Task<IReadOnlyList<MissingPrivilege>> MissingAsync(Privileges privileges, VirtualMachine vm, CancellationToken cancellationToken)
    {
        try
        {
            return await privileges.FindMissingAsync([vm.Id], Privileges.Encrypted, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.NotSupported)
        {
            // The server cannot tell: the transport will.
            return [];
        }
    }
}
