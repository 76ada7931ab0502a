using System.Text;
using VmProxy.Engine.Failures;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>The VM's other files, which travel with the point: vmx, NVRAM, and the configuration as JSON.</summary>
sealed class VmFiles(BackupContext context, VirtualMachine vm)
{
    const long LargestFile = 16 << 20;

    /// <summary>Stores the files; one that cannot be read is named in <paramref name="warnings"/>.</summary>
    public async Task<IReadOnlyList<BlobReference>> StoreAsync(
        SnapshotState snapshot, WriteSession session, ICollection<Failure> warnings, CancellationToken cancellationToken)
    {
        var configuration = Encoding.UTF8.GetBytes(snapshot.ConfigJson);
        List<BlobReference> stored = [await session.StoreBlobAsync("configuration.json", configuration, cancellationToken).ConfigureAwait(false)];
        foreach (var file in await ListAsync(warnings, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                using var content = new MemoryStream();
                await context.Vcenter.Connection.Datastores
                    .DownloadAsync(vm.Datacenter!, file.Path, content, LargestFile, cancellationToken).ConfigureAwait(false);
                var name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
                stored.Add(await session.StoreBlobAsync(name, content.GetBuffer().AsMemory(0, (int)content.Length), cancellationToken).ConfigureAwait(false));
            }
            catch (VsphereException exception)
            {
                warnings.Add(new Failure(
                    ReasonCodes.FileNotSaved, $"{vm.Name} / {file.Path}", "save the file", exception.Reason, exception.Next));
            }
        }

        return stored;
    }

    /// <summary>What the server knows of the files may be older than they are: it is made to look first (vSphere requirement 10).</summary>
    async Task<IReadOnlyList<ConfigurationFile>> ListAsync(ICollection<Failure> warnings, CancellationToken cancellationToken)
    {
        var machines = context.Vcenter.Connection.VirtualMachines;
        try
        {
            await machines.RefreshStorageAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            return (await machines.ReadAsync(vm.Id, cancellationToken).ConfigureAwait(false)).ConfigurationFiles;
        }
        catch (VsphereException exception)
        {
            warnings.Add(new Failure(
                ReasonCodes.FileNotSaved, vm.Name, "list its files", $"{exception.Reason} The list of an earlier look was used.", exception.Next));
            return vm.ConfigurationFiles;
        }
    }
}
