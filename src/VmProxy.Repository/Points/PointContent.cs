namespace VmProxy.Repository.Points;

/// <summary>
/// Makes of what a point's JSON says what the types promise. Members that are absent, as in older points, come as null whatever their type says: lists and
/// strings become empty (docs/FORMAT.md, "Points"). What nothing can stand for is damage of the point.
/// </summary>
internal static class PointContent
{
    /// <exception cref="RepositoryException">REPO_DAMAGED, naming the object.</exception>
    public static RestorePoint Normalize(string objectName, RestorePoint point)
    {
        if (string.IsNullOrEmpty(point.Id))
        {
            throw Lacks(objectName, "an id");
        }

        if (point.Session is { } session && !(RandomId.TryParse(session, out var id) && id.ToString() == session))
        {
            throw RepositoryException.Damaged(objectName, "The point names a session that cannot be one.");
        }

        return point with
        {
            Vm = Vm(point.Vm ?? throw Lacks(objectName, "a virtual machine")),
            Level = point.Level ?? "full",
            Disks = List(objectName, "disk", point.Disks, disk => Disk(objectName, disk)),
            ExcludedDisks = List(objectName, "excluded disk", point.ExcludedDisks, disk => new ExcludedDisk(disk.Key, disk.Label ?? "", disk.Code ?? "", disk.Reason ?? "")),
            Blobs = List(objectName, "file", point.Blobs, blob => Blob(objectName, blob)),
            Warnings = List(objectName, "warning", point.Warnings, warning => warning),
            Properties = Properties(point.Properties),
        };
    }

    static PointVm Vm(PointVm vm) => vm with
    {
        VcenterUuid = vm.VcenterUuid ?? "", InstanceUuid = vm.InstanceUuid ?? "", Name = vm.Name ?? "", MoRef = vm.MoRef ?? "",
    };

    static PointDisk Disk(string objectName, PointDisk disk) => disk with
    {
        Label = disk.Label ?? "",
        FileName = disk.FileName ?? "",
        Transport = disk.Transport ?? "",
        Level = disk.Level ?? "full",
        Reasons = List(objectName, "reason", disk.Reasons, reason => new PointReason(reason.Code ?? "", reason.Message ?? "")),
        Properties = Properties(disk.Properties),
        Map = disk.Map ?? throw Lacks(objectName, "the map of a disk"),
    };

    static BlobReference Blob(string objectName, BlobReference blob) =>
        new(blob.Name ?? "", blob.Length, List(objectName, "piece of a file", blob.Chunks, chunk => chunk));

    static List<T> List<T>(string objectName, string what, IReadOnlyList<T?>? items, Func<T, T> normalize)
        where T : class =>
        [.. (items ?? []).Select(item => normalize(item ?? throw Lacks(objectName, $"a {what} that it lists")))];

    // A null is an absent member here as well.
    static Dictionary<string, string> Properties(IReadOnlyDictionary<string, string>? properties) =>
        (properties ?? new Dictionary<string, string>()).Where(entry => entry.Value is not null).ToDictionary(StringComparer.Ordinal);

    static RepositoryException Lacks(string objectName, string what) => RepositoryException.Damaged(objectName, $"The point lacks {what}.");
}
