namespace VmProxy.Vim25;

/// <summary>A managed object by type and id, such as VirtualMachine "vm-42". Two references are equal when both parts are.</summary>
/// <param name="Type">Managed object type, such as "VirtualMachine".</param>
/// <param name="Value">The server's id of the object; opaque.</param>
public sealed record ManagedObjectReference(string Type, string Value)
{
    /// <summary>Stands for a required reference that a server did not send.</summary>
    public static ManagedObjectReference None { get; } = new("", "");

    /// <summary>"Type:Value".</summary>
    public override string ToString() => $"{Type}:{Value}";
}
