using System.Xml.Linq;
using VmProxy.Vim25.Generator.Model;
using static VmProxy.Vim25.Generator.Reading.SchemaFileReader;

namespace VmProxy.Vim25.Generator.Reading;

/// <summary>Reads the project's own table of managed object types, which no WSDL declares.</summary>
internal sealed class ManagedTypeReader(ReadingContext context)
{
    public IEnumerable<ManagedType> Read(XElement root) =>
        from type in root.Elements(Own + "managedObject")
        select new ManagedType(
            context.Require(type, "name"),
            (string?)type.Attribute("base"),
            new(type.Elements(Own + "property").Select(ReadProperty)),
            context.PlaceOf(type));

    private Field ReadProperty(XElement property)
    {
        var type = context.Require(property, "type");
        return new Field(
            context.Require(property, "name"),
            type,
            BuiltInTypes.Contains(type),
            (string?)property.Attribute("array") == "true",
            (string?)property.Attribute("optional") == "true",
            context.PlaceOf(property));
    }
}
