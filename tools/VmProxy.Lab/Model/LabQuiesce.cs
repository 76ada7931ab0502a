namespace VmProxy.Lab.Model;

/// <summary>How a request wants the guest to be quiesced.</summary>
/// <param name="Windows">Whether the request speaks of VSS, which only a Windows guest has.</param>
/// <param name="BackupType">The VSS_BACKUP_TYPE; null when it is left to the guest's tools.</param>
/// <param name="BootableSystemState">Whether the boot files are part of it; null when left to the tools.</param>
/// <param name="PartialFiles">Whether writers may name parts of files; null when left to the tools.</param>
/// <param name="Context">The VSS context; null when it is left to the guest's tools.</param>
public sealed record LabQuiesce(
    bool Windows = false, int? BackupType = null, bool? BootableSystemState = null, bool? PartialFiles = null, string? Context = null)
{
    /// <summary>Whether applications are asked to come to rest, and not only file systems.</summary>
    internal bool OfApplications => Context != "ctx_file_share_backup";
}
