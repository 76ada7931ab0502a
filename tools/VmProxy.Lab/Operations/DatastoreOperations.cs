using System.IO.Enumeration;
using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;
using FileInfo = VmProxy.Vim25.FileInfo;

namespace VmProxy.Lab.Operations;

/// <summary>Refreshing datastores and looking into their folders.</summary>
internal static class DatastoreOperations
{
    const string Browse = "Datastore.Browse";

    public static void Register(OperationTable table)
    {
        table.Add<RefreshDatastoreRequest>("Datastore", Refresh);
        table.Add<RefreshDatastoreStorageInfoRequest>("Datastore", Refresh);
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
        file.FileSize = spec?.Details?.FileSize == true && entry is System.IO.FileInfo real ? real.Length : null;
        file.Modification = spec?.Details?.Modification == true ? entry.LastWriteTimeUtc : null;
        return file;
    }
}
