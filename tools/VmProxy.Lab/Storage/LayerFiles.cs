namespace VmProxy.Lab.Storage;

/// <summary>Where a link of a chain lies: on the lab's machine and in the words of vSphere.</summary>
/// <param name="Folder">The VM's folder on the lab's machine.</param>
/// <param name="DatastoreFolder">The same as "[datastore] folder".</param>
/// <param name="Name">The descriptor's name without ".vmdk".</param>
/// <param name="Suffix">What the extent's name adds: "flat", "delta", "rdm", "rdmp".</param>
/// <param name="Uuid">The virtual disk's identity.</param>
internal sealed record LayerFiles(string Folder, string DatastoreFolder, string Name, string Suffix, Guid Uuid)
{
    public string DescriptorPath => Path.Combine(Folder, Name + ".vmdk");

    public string ExtentName => $"{Name}-{Suffix}.vmdk";

    public string ExtentPath => Path.Combine(Folder, ExtentName);

    public string DatastorePath => $"{DatastoreFolder}/{Name}.vmdk";

    public string DatastoreExtentPath => $"{DatastoreFolder}/{ExtentName}";
}
