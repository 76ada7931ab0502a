using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>Base of every data object. An object of a type that the schema does not know is read as the nearest type that it does.</summary>
public abstract class DataObject
{
    /// <summary>The schema's name of this class, as it stands in xsi:type.</summary>
    public abstract string TypeName { get; }

    /// <summary>The xsi:type that the server sent when the schema does not know it; otherwise null.</summary>
    public string? UnknownTypeName { get; set; }

    /// <summary>The element as it was received, kept only for an unknown type. Such an object is written back verbatim from here.</summary>
    public XElement? Raw { get; set; }

    /// <summary>
    /// A field by its name on the wire, in the form that an anyType has: lists are <see cref="VimArray"/>, values of an enumeration
    /// <see cref="VimEnumValue"/>. Null when the field is unset or this type has no such field.
    /// </summary>
    public virtual object? GetField(string name) => null;

    /// <summary>Reads the element on which the reader stands when it is a field of this type; false leaves it to be skipped.</summary>
    internal virtual bool ReadField(VimReader reader, string name) => false;

    /// <summary>Writes the fields in sequence order, those of the base type first.</summary>
    internal virtual void WriteFields(VimWriter writer)
    {
    }
}
