namespace VmProxy.Vsphere;

/// <summary>What a quiesced snapshot of a Windows guest asks of its Volume Shadow Copy Service.</summary>
public enum VssPolicy
{
    /// <summary>Applications come to rest; their backup history and logs stay as they are, so that other backups of them go on (VSS_BT_COPY).</summary>
    Copy,

    /// <summary>Applications come to rest and take it for their full backup: some truncate logs, some end a differential series (VSS_BT_FULL).</summary>
    Full,

    /// <summary>Only file systems come to rest; no application takes part (VSS_CTX_FILE_SHARE_BACKUP).</summary>
    FileSystem,
}

/// <summary>What became of a <see cref="VssPolicy"/>.</summary>
public enum VssOutcome
{
    /// <summary>Nothing was asked: no quiesced snapshot, or no Windows guest.</summary>
    None,

    /// <summary>As asked.</summary>
    AsAsked,

    /// <summary>Applications of an encrypted VM cannot be quiesced: its file systems were.</summary>
    FileSystemOnly,

    /// <summary>The server is older than 6.5 and cannot pass it on: the guest's tools decided.</summary>
    LeftToTools,
}

/// <summary>The request that a policy becomes. VirtualMachineWindowsQuiesceSpec exists since API 6.5 and is for Windows guests alone.</summary>
static class VssRequest
{
    // Values of VSS_BACKUP_TYPE, vsbackup.h.
    const int FullBackup = 1;
    const int CopyBackup = 5;

    /// <summary>What is asked of a guest, and what comes of it where the server takes such requests.</summary>
    public static (Vim.VirtualMachineGuestQuiesceSpec Spec, VssOutcome Outcome) Of(VirtualMachine vm, VssPolicy policy)
    {
        if (!vm.IsWindows)
        {
            return (new Vim.VirtualMachineGuestQuiesceSpec(), VssOutcome.None);
        }

        bool filesOnly = policy == VssPolicy.FileSystem || vm.IsEncrypted;
        var spec = new Vim.VirtualMachineWindowsQuiesceSpec
        {
            VssBackupType = policy == VssPolicy.Full && !filesOnly ? FullBackup : CopyBackup,
            VssBootableSystemState = true,
            VssPartialFileSupport = false,
            VssBackupContext = filesOnly
                ? Vim.VirtualMachineWindowsQuiesceSpecVssBackupContext.CtxFileShareBackup
                : Vim.VirtualMachineWindowsQuiesceSpecVssBackupContext.CtxAuto,
        };
        return (spec, filesOnly && policy != VssPolicy.FileSystem ? VssOutcome.FileSystemOnly : VssOutcome.AsAsked);
    }
}
