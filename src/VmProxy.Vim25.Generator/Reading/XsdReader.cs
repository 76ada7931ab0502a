using System.Xml.Linq;
using VmProxy.Vim25.Generator.Model;
using static VmProxy.Vim25.Generator.Reading.SchemaFileReader;

namespace VmProxy.Vim25.Generator.Reading;

/// <summary>Reads the part of XML Schema that wsdl/ uses: sequences, extensions, enumerated strings, global elements.</summary>
internal sealed class XsdReader(ReadingContext context)
{
    public IEnumerable<ComplexType> ReadComplexTypes(XElement schema) =>
        from element in schema.Elements(Xs + "complexType") select ReadComplexType(element);

    public IEnumerable<EnumType> ReadEnums(XElement schema) =>
        from element in schema.Elements(Xs + "simpleType")
        select new EnumType(
            context.Require(element, "name"),
            new(element.Elements(Xs + "restriction").Elements(Xs + "enumeration").Select(value => context.Require(value, "value"))),
            context.PlaceOf(element));

    public IEnumerable<MessageElement> ReadElements(XElement schema)
    {
        foreach (var element in schema.Elements(Xs + "element"))
        {
            var type = (string?)element.Attribute("type");
            var fields = ReadFields(element.Element(Xs + "complexType")).ToList();
            if (type is null && element.Element(Xs + "complexType") is null)
            {
                context.Report(element, "a global element needs a type");
            }

            if (fields.Count > 1)
            {
                context.Report(element, "a response holds at most one element");
            }

            yield return new MessageElement(
                context.Require(element, "name"),
                type is null ? null : ReadingContext.WithoutPrefix(type),
                fields.FirstOrDefault(),
                context.PlaceOf(element));
        }
    }

    private ComplexType ReadComplexType(XElement element)
    {
        var extension = element.Elements(Xs + "complexContent").Elements(Xs + "extension").FirstOrDefault();
        var baseName = extension is null ? null : ReadingContext.WithoutPrefix(context.Require(extension, "base"));
        return new ComplexType(
            context.Require(element, "name"),
            baseName,
            new(ReadFields(extension ?? element)),
            element.Element(Xs + "simpleContent") is not null,
            context.PlaceOf(element));
    }

    private IEnumerable<Field> ReadFields(XElement? owner)
    {
        if (owner is null)
        {
            yield break;
        }

        foreach (var unsupported in owner.Elements().Where(child => child.Name == Xs + "choice" || child.Name == Xs + "all"))
        {
            context.Report(unsupported, $"<{unsupported.Name.LocalName}> is not supported, only sequences are");
        }

        foreach (var element in owner.Elements(Xs + "sequence").Elements())
        {
            if (element.Name == Xs + "element")
            {
                yield return ReadField(element);
            }
            else
            {
                context.Report(element, $"<{element.Name.LocalName}> inside a sequence is not supported");
            }
        }
    }

    private Field ReadField(XElement element)
    {
        var qualified = context.Require(element, "type");
        var type = ReadingContext.WithoutPrefix(qualified);
        var prefix = qualified.Length > type.Length ? qualified.Substring(0, qualified.Length - type.Length - 1) : "";
        var isBuiltIn = element.GetNamespaceOfPrefix(prefix) == Xs;
        if (isBuiltIn && !BuiltInTypes.Contains(type))
        {
            context.Report(element, $"the built-in type '{type}' is not supported");
        }

        var most = (string?)element.Attribute("maxOccurs") ?? "1";
        if (most is not ("1" or "unbounded"))
        {
            context.Report(element, $"maxOccurs=\"{most}\" is not supported");
        }

        return new Field(
            context.Require(element, "name"),
            type,
            isBuiltIn,
            most == "unbounded",
            (string?)element.Attribute("minOccurs") == "0",
            context.PlaceOf(element));
    }
}
