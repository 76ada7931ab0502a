using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>A folder of any kind.</summary>
internal sealed class FolderObject(
    LabState server, string id, string name, ManagedObjectReference? parent, string[] childTypes, Func<IEnumerable<ManagedObjectReference>> children)
    : EntityObject(server, "Folder", id)
{
    protected override string Name => name;

    public override ManagedObjectReference? Parent => parent;

    public override IEnumerable<ManagedObjectReference> Children => children();

    protected override object? GetOwn(string property) => property switch
    {
        "childType" => Strings(childTypes),
        "childEntity" => References(children()),
        _ => null,
    };
}
