using System.Text.RegularExpressions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Capacity.Files;

/// <summary>What a look at a datastore's files came to.</summary>
/// <param name="LeftOut">Why they are not judged; null when they are.</param>
/// <param name="Files">What nothing refers to, the largest first.</param>
sealed record FileVerdict(string? LeftOut, IReadOnlyList<UnreferencedFile> Files)
{
    public static FileVerdict NotJudged(string reason) => new(reason, []);
}

/// <summary>
/// Tells which files of a datastore nothing in its vCenter refers to. Somebody may delete what is named here, so whatever is in doubt is not: only kinds of
/// files that VMs leave behind, only where folders have one name and the vCenter knows all its VMs, and nothing that is young, open or of a system.
/// </summary>
static partial class FileJudge
{
    const long LeastBytes = 1L << 20;

    /// <summary>A file may just be written: by a clone, a migration, an upload.</summary>
    static readonly TimeSpan Young = TimeSpan.FromDays(1);

    static readonly string[] KindsOfVms = [".vmdk", ".vmem", ".vmsn", ".vmss", ".vswp"];

    /// <summary>Why the files of a datastore cannot be judged at all, before any search; null when they can.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="references">What its vCenter's VMs refer to.</param>
    /// <param name="others">Datastores of the other vCenters of the configuration, with their vCenter's name.</param>
    public static string? Refusal(Datastore datastore, VmFileReferences references, IEnumerable<(string Vcenter, Datastore Datastore)> others)
    {
        if (datastore.Kind is not (DatastoreKind.Vmfs or DatastoreKind.Nfs or DatastoreKind.Nfs41))
        {
            return $"folders of {(datastore.TypeName.Length > 0 ? datastore.TypeName : "this kind of")} datastores have several names";
        }

        if (others.FirstOrDefault(other => IsSame(datastore, other.Datastore)) is { Datastore: not null } other)
        {
            return $"it is shared with vCenter {other.Vcenter}";
        }

        return references.Unknown.FirstOrDefault(vm => vm.Datastores.Count == 0 || vm.Datastores.Contains(datastore.Id)) is { Name: { } name }
            ? $"the files of VM {name} are not known: it has no configuration at present"
            : null;
    }

    /// <summary>Judges what a search found.</summary>
    /// <param name="files">What lies on the datastore.</param>
    /// <param name="references">What VMs refer to.</param>
    /// <param name="vcenterUuid">The vCenter's own uuid, which its clusters write onto datastores.</param>
    /// <param name="now">The present time.</param>
    public static FileVerdict Judge(IReadOnlyList<DatastoreFile> files, VmFileReferences references, string vcenterUuid, DateTimeOffset now)
    {
        if (files.Select(file => HaOwner().Match(file.Path.Path)).FirstOrDefault(match => match.Success && !IsOurs(match.Groups[1].Value)) is { } foreign)
        {
            return FileVerdict.NotJudged($"it is shared with another vCenter: {foreign.Value} is there");
        }

        var open = files.Where(file => NameOf(file.Path.Path).StartsWith(".lck-", StringComparison.Ordinal)).Select(file => FolderOf(file.Path.Path)).ToHashSet();
        var disks = files.Where(file => !file.IsFolder).ToDictionary(file => file.Path.ToString(), StringComparer.Ordinal);
        var extents = disks.Values.Where(file => DescriptorOf(file) is not null).ToLookup(file => DescriptorOf(file)!, StringComparer.Ordinal);
        var found =
            from file in disks.Values
            let path = file.Path.ToString()
            let bytes = Math.Max(file.Bytes, extents[path].Sum(extent => extent.Bytes))
            where KindsOfVms.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) && bytes >= LeastBytes
                && !references.Files.Contains(path)
                && !(DescriptorOf(file) is { } descriptor && (disks.ContainsKey(descriptor) || references.Files.Contains(descriptor)))
                && !file.Path.Path.Split('/').Any(IsOfSystem)
                && !open.Contains(FolderOf(file.Path.Path))
                && !(new[] { file }.Concat(extents[path]).Any(part => part.Modified > now - Young))
            orderby bytes descending, path
            select new UnreferencedFile(path, bytes, file.Modified);
        return new FileVerdict(null, [.. found]);

        bool IsOurs(string uuid) => uuid.Equals(vcenterUuid, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a folder or file belongs to vSphere itself, or to something that keeps disks without VMs: first-class disks, content libraries, replication.</summary>
    static bool IsOfSystem(string name) =>
        name.StartsWith('.') || name is "fcd" or "catalog" or "vmkdump"
        || name.StartsWith("contentlib-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("hbr", StringComparison.OrdinalIgnoreCase);

    /// <summary>The descriptor that a part of a disk belongs to, as <c>[datastore] folder/name.vmdk</c>; null for any other file.</summary>
    static string? DescriptorOf(DatastoreFile file) =>
        PartOfDisk().Match(file.Path.Path) is { Success: true } match ? (file.Path with { Path = match.Groups[1].Value + ".vmdk" }).ToString() : null;

    static bool IsSame(Datastore one, Datastore other) =>
        (one.VmfsUuid is not null && one.VmfsUuid == other.VmfsUuid)
        || (one.RemoteHost is not null && one.RemotePath is not null && (one.RemoteHost, one.RemotePath) == (other.RemoteHost, other.RemotePath))
        || (one.Url.Length > 0 && one.Url == other.Url);

    static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    [GeneratedRegex(@"^(.+)-(?:flat|delta|sesparse|ctk|rdmp?|digest|digest-flat|s\d{3}|f\d{3})\.vmdk$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartOfDisk();

    // Clusters with high availability leave a folder with their vCenter's uuid on the datastores that they beat their hearts on.
    [GeneratedRegex(@"^\.vSphere-HA/FDM-([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\b", RegexOptions.CultureInvariant)]
    private static partial Regex HaOwner();
}
