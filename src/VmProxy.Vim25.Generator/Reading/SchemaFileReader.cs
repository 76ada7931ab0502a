using System.Xml;
using System.Xml.Linq;
using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Reading;

/// <summary>Turns the text of one file of wsdl/ into a <see cref="SchemaFile"/>; what it does not understand becomes a problem, never an exception.</summary>
public static class SchemaFileReader
{
    internal static readonly XNamespace Xs = "http://www.w3.org/2001/XMLSchema";

    internal static readonly XNamespace Wsdl = "http://schemas.xmlsoap.org/wsdl/";

    internal static readonly XNamespace Own = "urn:vmproxy:wsdl";

    public static SchemaFile Read(string path, string text)
    {
        var problems = new List<SchemaProblem>();
        XElement? root = null;
        try
        {
            root = XDocument.Parse(text, LoadOptions.SetLineInfo).Root;
        }
        catch (XmlException e)
        {
            problems.Add(new SchemaProblem($"not well-formed XML: {e.Message}", new SchemaPlace(path, e.LineNumber)));
        }

        var context = new ReadingContext(path, problems);
        var schemas = root is null ? [] : root.DescendantsAndSelf(Xs + "schema").ToList();
        var types = new XsdReader(context);
        return new SchemaFile(
            Path.GetFileName(path),
            new(schemas.SelectMany(types.ReadComplexTypes)),
            new(schemas.SelectMany(types.ReadEnums)),
            new(schemas.SelectMany(types.ReadElements)),
            new(root is null ? [] : new WsdlReader(context).ReadOperations(root)),
            new(root is null ? [] : new ManagedTypeReader(context).Read(root)),
            new(problems));
    }
}
