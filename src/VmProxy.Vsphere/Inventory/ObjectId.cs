namespace VmProxy.Vsphere;

/// <summary>The identity of a managed object within one vCenter or host: its kind and its moid.</summary>
/// <param name="Type">Kind as the server names it, for example <c>VirtualMachine</c>.</param>
/// <param name="Value">The moid, for example <c>vm-17</c>; unique only within one server.</param>
public readonly record struct ObjectId(string Type, string Value)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is not <c>Type:Value</c>.</exception>
    public static ObjectId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon < text.Length - 1
            ? new ObjectId(text[..colon], text[(colon + 1)..])
            : throw new FormatException($"'{text}' is not an object id of the form Type:Value.");
    }

    /// <summary><c>Type:Value</c>.</summary>
    public override string ToString() => $"{Type}:{Value}";
}
