using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>A view of what lies under an entity. Its content is always that of the moment.</summary>
internal sealed class ContainerViewObject(LabState server, string id, EntityObject container, IReadOnlyList<string> types, bool recursive)
    : ManagedObject("ContainerView", id)
{
    public override object? Get(string property) => property switch
    {
        "view" => References(Content()),
        "container" => container.Reference,
        "type" => Strings(types),
        "recursive" => recursive,
        _ => null,
    };

    List<ManagedObjectReference> Content()
    {
        var found = new List<ManagedObjectReference>();
        Collect(container);
        return found;

        void Collect(EntityObject entity)
        {
            foreach (var child in entity.Children)
            {
                if (types.Count == 0 || types.Any(type => VimSchema.IsA(child.Type, type)))
                {
                    found.Add(child);
                }

                if (recursive && server.Objects.Find(child.Value, null) is EntityObject below)
                {
                    Collect(below);
                }
            }
        }
    }
}
