using System.Xml;
using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>Elements kept as they were received, complete with the prefixes that their xsi:type values rely on.</summary>
internal static class RawXml
{
    /// <summary>Takes the element on which the reader stands, with the namespaces in scope around it.</summary>
    public static XElement Load(XmlReader xml)
    {
        var scope = (xml as IXmlNamespaceResolver)?.GetNamespacesInScope(XmlNamespaceScope.ExcludeXml);
        var element = (XElement)XNode.ReadFrom(xml);
        foreach (var (prefix, uri) in scope ?? new Dictionary<string, string>())
        {
            if (prefix.Length > 0 && element.Attribute(XNamespace.Xmlns + prefix) is null)
            {
                element.SetAttributeValue(XNamespace.Xmlns + prefix, uri);
            }
        }

        return element;
    }

    /// <summary>Writes attributes and content of a kept element into the one that is open, except for its xsi:type.</summary>
    public static void WriteContent(XmlWriter xml, XElement raw)
    {
        foreach (var attribute in raw.Attributes().Where(attribute => attribute.Name.LocalName != "type" && attribute.Name != "xmlns"))
        {
            if (!attribute.IsNamespaceDeclaration || xml.LookupPrefix(attribute.Value) != attribute.Name.LocalName)
            {
                var name = attribute.Name;
                xml.WriteAttributeString(attribute.IsNamespaceDeclaration ? "xmlns" : null, name.LocalName, attribute.IsNamespaceDeclaration ? null : name.NamespaceName, attribute.Value);
            }
        }

        foreach (var node in raw.Nodes())
        {
            node.WriteTo(xml);
        }
    }
}
