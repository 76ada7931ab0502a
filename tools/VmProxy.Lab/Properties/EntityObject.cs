using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>An entity of the inventory tree: it has a name and a parent.</summary>
internal abstract class EntityObject(LabState server, string type, string id) : ManagedObject(type, id)
{
    protected LabState Server => server;

    protected abstract string Name { get; }

    /// <summary>The entity above; null for the root.</summary>
    public abstract ManagedObjectReference? Parent { get; }

    /// <summary>The entities directly below, as a container view descends.</summary>
    public virtual IEnumerable<ManagedObjectReference> Children => [];

    public string EntityName => Name;

    public sealed override object? Get(string property) => property switch
    {
        "name" => Name,
        "parent" => Parent,
        "overallStatus" or "configStatus" => Status(),
        "effectiveRole" => new VimArray("int", [-1]),
        "customValue" or "value" => new VimArray("CustomFieldValue", []),
        "availableField" => new VimArray("CustomFieldDef", []),
        "disabledMethod" => Strings(),
        "alarmActionsEnabled" => true,
        "tag" => new VimArray("Tag", []),
        "permission" => new VimArray("Permission", []),
        "configIssue" => new VimArray("Event", []),
        "recentTask" => RecentTasks,
        _ => GetOwn(property),
    };

    protected virtual VimArray RecentTasks => References([]);

    protected abstract object? GetOwn(string property);
}
