using System.Xml;
using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>Elements kept as they were received, complete with the prefixes that their xsi:type values rely on.</summary>
internal static class RawXml
{
    private static readonly string[] UsualPrefixes = ["xsd", "xsi", "xs", "vim25"];

    /// <summary>Takes the element on which the reader stands, with the namespaces in scope around it.</summary>
    public static XElement Load(XmlReader xml)
    {
        var scope = Scope(xml);
        var element = Copy(xml);
        foreach (var (prefix, uri) in scope)
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

    /// <summary>XNode.ReadFrom would drop the namespace of an attribute whose prefix the tree does not declare, and with it xsi:type.</summary>
    private static XElement Copy(XmlReader xml)
    {
        var document = new XDocument();
        using (var writer = document.CreateWriter())
        {
            writer.WriteNode(xml, defattr: false);
        }

        var element = document.Root!;
        element.Remove();
        RequireBoundedDepth(element);
        return element;
    }

    /// <summary>Trees are cloned by recursion, so a hostile depth would end the process wherever someone copies one.</summary>
    private static void RequireBoundedDepth(XElement element)
    {
        using var walk = element.CreateReader();
        while (walk.Read())
        {
            if (walk.Depth > VimReader.MaxDepth)
            {
                throw new XmlException($"XML is nested deeper than {VimReader.MaxDepth} levels.");
            }
        }
    }

    /// <summary>Readers over a tree cannot list what is in scope, so they are asked for the prefixes that servers use.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Scope(XmlReader xml) => xml is IXmlNamespaceResolver resolver
        ? resolver.GetNamespacesInScope(XmlNamespaceScope.ExcludeXml)
        : [.. from prefix in UsualPrefixes let uri = xml.LookupNamespace(prefix) where uri is not null select KeyValuePair.Create(prefix, uri)];
}
