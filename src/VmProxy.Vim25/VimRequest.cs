namespace VmProxy.Vim25;

/// <summary>Base of the parameters of an operation.</summary>
public abstract class VimRequest : DataObject
{
    /// <summary>The operation, as the element in the body is named.</summary>
    public abstract string OperationName { get; }

    /// <summary>The object that the operation is called on.</summary>
    public abstract ManagedObjectReference This { get; set; }
}
