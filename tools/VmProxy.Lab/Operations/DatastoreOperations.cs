using System.IO.Enumeration;
using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Lab.Storage;
using VmProxy.Vim25;
using FileInfo = VmProxy.Vim25.FileInfo;

namespace VmProxy.Lab.Operations;

/// <summary>Refreshing datastores and looking into their folders.</summary>
internal static class DatastoreOperations
{
    const string Browse = "Datastore.Browse";

    static readonly string[] Extents = ["flat", "delta", "sesparse", "rdm", "rdmp"];

    public static void Register(OperationTable table)
    {
        table.Add<RefreshDatastoreRequest>("Datastore", Refresh);
        table.Add<RefreshDatastoreStorageInfoRequest>("Datastore", RefreshWithVms);
        table.Add<SearchDatastoreRequest>(
            "HostDatastoreBrowser",
            (call, request) => Search(call, request, request.DatastorePath, request.SearchSpec, deep: false),
            Browse);
        table.Add<SearchDatastoreSubFoldersRequest>(
            "HostDatastoreBrowser",
            (call, request) => Search(call, request, request.DatastorePath, request.SearchSpec, deep: true),
            Browse);
    }

    static object? Refresh(SoapCall call, VimRequest request)
    {
        var datastore = ((DatastoreObject)call.Server.Objects.Find(request.This.Value, call.Session)!).Datastore;
        lock (call.Server.Inventory.Gate)
        {
            datastore.Refresh(call.Server.Options.Clock.GetUtcNow());
        }

        call.Server.Inventory.Changed.Raise();
        return null;
    }

    /// <summary>Looks at the VMs on it as well: what they take is as new as the free space.</summary>
    static object? RefreshWithVms(SoapCall call, VimRequest request)
    {
        Refresh(call, request);
        var datastore = ((DatastoreObject)call.Server.Objects.Find(request.This.Value, call.Session)!).Datastore;
        lock (call.Server.Inventory.Gate)
        {
            foreach (var vm in call.Server.Inventory.Vms.Where(vm => vm.Datastore == datastore || vm.Disks.Exists(disk => disk.Datastore == datastore)))
            {
                vm.Layout = vm.ConfigAvailable ? VmLayout.Of(call.Server, vm) : null;
            }
        }

        return null;
    }

    static ManagedObjectReference Search(SoapCall call, VimRequest request, string path, HostDatastoreBrowserSearchSpec? spec, bool deep)
    {
        var (datastore, folder) = DatastorePaths.Resolve(call.Server.Inventory, path)
            ?? throw new LabFault("InvalidDatastorePath", $"Invalid datastore path '{path}'.", ("datastorePath", path));
        return TaskOperations.Start(call, request, null, () =>
        {
            if (!Directory.Exists(folder))
            {
                throw LabFault.FileNotFound(path);
            }

            if (!deep)
            {
                return Look(datastore, folder, spec);
            }

            var folders = Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder);
            return new VimArray("HostDatastoreBrowserSearchResults", [.. folders.Select(each => Look(datastore, each, spec))]);
        });
    }

    static HostDatastoreBrowserSearchResults Look(LabDatastore datastore, string folder, HostDatastoreBrowserSearchSpec? spec)
    {
        var relative = Path.GetRelativePath(datastore.Folder, folder);
        return new HostDatastoreBrowserSearchResults
        {
            Datastore = new ManagedObjectReference("Datastore", datastore.Id),
            FolderPath = relative == "." ? $"[{datastore.Name}]" : $"[{datastore.Name}] {relative}/",
            File = [.. new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => Matches(entry.Name, spec)).Select(entry => Describe(entry, spec))],
        };
    }

    /// <summary>A host hides the extents of disks behind their descriptors, unless a pattern asks for them.</summary>
    static bool Matches(string name, HostDatastoreBrowserSearchSpec? spec) => spec is { MatchPattern.Count: > 0 }
        ? spec.MatchPattern.Exists(pattern => FileSystemName.MatchesSimpleExpression(pattern, name))
        : !name.EndsWith("-flat.vmdk", StringComparison.Ordinal) && !name.EndsWith("-delta.vmdk", StringComparison.Ordinal);

    /// <summary>A descriptor stands for its disk: it has the room of the extents that are hidden behind it.</summary>
    static long SizeOf(System.IO.FileInfo file)
    {
        var name = Path.GetFileNameWithoutExtension(file.Name);
        return file.Extension != ".vmdk" ? file.Length : file.Length + Extents
            .Select(suffix => new System.IO.FileInfo(Path.Combine(file.DirectoryName!, $"{name}-{suffix}.vmdk")))
            .Where(extent => extent.Exists)
            .Sum(extent => SparseFile.Allocated(extent.FullName));
    }

    static FileInfo Describe(FileSystemInfo entry, HostDatastoreBrowserSearchSpec? spec)
    {
        FileInfo file = spec?.Details?.FileType != true ? new FileInfo()
            : entry is DirectoryInfo ? new FolderFileInfo()
            : entry.Extension switch
            {
                ".vmx" => new VmConfigFileInfo(),
                ".vmdk" => new VmDiskFileInfo(),
                ".nvram" => new VmNvramFileInfo(),
                ".log" => new VmLogFileInfo(),
                _ => new FileInfo(),
            };
        file.Path = entry.Name;
        file.FileSize = spec?.Details?.FileSize == true && entry is System.IO.FileInfo real ? SizeOf(real) : null;
        file.Modification = spec?.Details?.Modification == true ? entry.LastWriteTimeUtc : null;
        return file;
    }
}
