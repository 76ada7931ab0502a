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
        foreach (var file in vm.ConfigurationFiles)
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
}
