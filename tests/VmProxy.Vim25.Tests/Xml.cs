using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace VmProxy.Vim25.Tests;

/// <summary>Elements as a server sends them, and what we write as text.</summary>
internal static class Xml
{
    public const string Namespaces =
        "xmlns=\"urn:vim25\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"";

    /// <summary>The one element of the text, read in the usual namespaces.</summary>
    public static XElement Element(string xml) => XElement.Parse($"<x {Namespaces}>{xml}</x>").Elements().Single();

    public static XElement Write(object? value, string declaredType) => Write(writer => VimXml.Write(writer, "value", value, declaredType));

    public static XElement Write(VimRequest request) => Write(writer => VimXml.WriteRequest(writer, request));

    /// <summary>Names of the child elements, in order.</summary>
    public static string[] ChildNames(this XElement element) => [.. element.Elements().Select(child => child.Name.LocalName)];

    public static string? XsiType(this XElement element) => (string?)element.Attribute(XName.Get("type", "http://www.w3.org/2001/XMLSchema-instance"));

    public static XElement Child(this XElement element, string name) => element.Elements().Single(child => child.Name.LocalName == name);

    /// <summary>An answer of the operation whose result is the given elements.</summary>
    public static byte[] Answer(string operation, string results) => Encoding.UTF8.GetBytes(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
        + $"xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
        + $"<{operation}Response xmlns=\"urn:vim25\">{results}</{operation}Response></soapenv:Body></soapenv:Envelope>");

    public static byte[] Fault(string message, string detail) => Encoding.UTF8.GetBytes(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
        + $"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{message}</faultstring>{detail}</soapenv:Fault></soapenv:Body></soapenv:Envelope>");

    private static XElement Write(Action<XmlWriter> write)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, CheckCharacters = false }))
        {
            writer.WriteStartElement("root", "urn:vim25");
            write(writer);
            writer.WriteEndElement();
        }

        using var reader = XmlReader.Create(new StringReader(text.ToString()), new XmlReaderSettings { CheckCharacters = false });
        return XElement.Load(reader, LoadOptions.PreserveWhitespace).Elements().Single();
    }
}
