namespace VmProxy.Repository;

/// <summary>What an object store was asked to do, as <see cref="MemoryObjectStore.BeforeOperation"/> sees it.</summary>
/// <param name="Kind">The operation.</param>
/// <param name="Name">The object, or the prefix of a listing.</param>
public readonly record struct StoreOperation(StoreOperationKind Kind, string Name);

/// <summary>The operations of an object store.</summary>
public enum StoreOperationKind
{
    /// <summary>An object is begun.</summary>
    Create,

    /// <summary>Bytes are appended to an object that is not yet visible.</summary>
    Write,

    /// <summary>An object becomes visible.</summary>
    Complete,

    /// <summary>Bytes, or the size of an object, are read.</summary>
    Read,

    /// <summary>Names are listed.</summary>
    List,

    /// <summary>An object is removed.</summary>
    Delete,
}
