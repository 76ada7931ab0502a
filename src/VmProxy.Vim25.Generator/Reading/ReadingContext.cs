using System.Xml;
using System.Xml.Linq;
using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Reading;

/// <summary>The file being read and the problems found in it.</summary>
internal sealed class ReadingContext(string path, List<SchemaProblem> problems)
{
    public SchemaPlace PlaceOf(XElement element) => new(path, ((IXmlLineInfo)element).LineNumber);

    public void Report(XElement element, string message) => problems.Add(new SchemaProblem(message, PlaceOf(element)));

    /// <summary>The value of an attribute that must be there; a missing one is reported and read as empty.</summary>
    public string Require(XElement element, string attribute)
    {
        var value = (string?)element.Attribute(attribute);
        if (string.IsNullOrEmpty(value))
        {
            Report(element, $"<{element.Name.LocalName}> lacks the attribute '{attribute}'");
        }

        return value ?? "";
    }

    public static string WithoutPrefix(string qualifiedName) => qualifiedName.Substring(qualifiedName.IndexOf(':') + 1);
}
