namespace VmProxy.Engine.Selection;

/// <summary>By what an entry of a selection chooses.</summary>
public enum SelectionKind
{
    /// <summary>The VM's name.</summary>
    Name,

    /// <summary>A folder of the inventory that holds it, at any depth.</summary>
    Folder,

    /// <summary>The cluster of its host.</summary>
    Cluster,

    /// <summary>A vSphere tag, <c>Category/Tag</c> or <c>Tag</c>.</summary>
    Tag,

    /// <summary>A custom attribute, <c>Name=Value</c>, or <c>Name</c> with any value.</summary>
    Attribute,
}
