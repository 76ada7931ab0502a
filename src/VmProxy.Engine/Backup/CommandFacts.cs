using VmProxy.Engine.Configuration;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What a job's commands find in their environment.</summary>
static class CommandFacts
{
    /// <summary>Around a VM or its snapshot.</summary>
    public static Dictionary<string, string> Of(SnapshotContext context, VirtualMachine vm) => new()
    {
        ["VMPROXY_JOB"] = context.Job.Name,
        ["VMPROXY_RUN"] = context.RunId,
        ["VMPROXY_VCENTER"] = context.Vcenter.Name,
        ["VMPROXY_VM"] = vm.Name,
        ["VMPROXY_VM_ID"] = vm.Id.Value,
        ["VMPROXY_VM_UUID"] = vm.InstanceUuid ?? "",
        ["VMPROXY_VM_GUEST"] = vm.GuestId,
        ["VMPROXY_VM_HOST"] = context.Inventory.Hosts.FirstOrDefault(host => host.Id == vm.HostId)?.Name ?? "",
    };

    /// <summary>Around a job.</summary>
    public static Dictionary<string, string> Of(string runId, JobSettings job, BackupLevel level, RepositorySettings repository, string vcenter) => new()
    {
        ["VMPROXY_JOB"] = job.Name,
        ["VMPROXY_RUN"] = runId,
        ["VMPROXY_LEVEL"] = LevelNames.Of(level),
        ["VMPROXY_VCENTER"] = vcenter,
        ["VMPROXY_REPOSITORY"] = repository.Name,
        ["VMPROXY_REPOSITORY_PATH"] = repository.Path,
    };

    /// <summary>An outcome as commands read it: <c>done</c>, <c>warning</c> or <c>failed</c>.</summary>
    public static string Word(Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
