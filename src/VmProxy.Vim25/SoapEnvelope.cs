using System.Xml;

namespace VmProxy.Vim25;

/// <summary>Requests and answers in their SOAP 1.1 envelope.</summary>
internal static class SoapEnvelope
{
    private static readonly XmlReaderSettings ReaderSettings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        // Names and annotations of real inventories contain control characters; they must not cost the whole answer.
        CheckCharacters = false,
    };

    private static readonly XmlWriterSettings WriterSettings = new()
    {
        Encoding = new System.Text.UTF8Encoding(false),
        // A name that a server sent with a control character in it goes back as it came, as a character reference.
        CheckCharacters = false,
    };

    public static byte[] Write(VimRequest request)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, WriterSettings))
        {
            xml.WriteStartElement("soapenv", "Envelope", XmlNames.Soap);
            xml.WriteAttributeString("xmlns", "xsd", null, XmlNames.Xsd);
            xml.WriteAttributeString("xmlns", "xsi", null, XmlNames.Xsi);
            xml.WriteStartElement("Body", XmlNames.Soap);
            VimXml.WriteRequest(xml, request);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return buffer.ToArray();
    }

    /// <summary>Reads an answer forward and hands each `returnval` to <paramref name="result"/>. A fault in it is thrown.</summary>
    public static void Read(Stream answer, string operation, Action<VimReader> result) => VimXml.Guard(operation, () =>
    {
        using var xml = XmlReader.Create(answer, ReaderSettings);
        var reader = new VimReader(xml, operation);
        MoveToBody(xml, operation);
        if (xml.LocalName == "Fault")
        {
            throw SoapFault.From(RawXml.Load(xml), operation);
        }

        if (xml.LocalName != operation + "Response")
        {
            throw new VimFormatException(operation, $"The answer is '{xml.LocalName}', not '{operation}Response'.");
        }

        reader.ReadChildren(result, static (reader, result, name) =>
        {
            if (name == "returnval")
            {
                result(reader);
            }
            else
            {
                reader.Skip();
            }
        });
        return true;
    });

    /// <summary>Stands on the one element in the body.</summary>
    private static void MoveToBody(XmlReader xml, string operation)
    {
        if (xml.MoveToContent() != XmlNodeType.Element || xml.LocalName != "Envelope")
        {
            throw new VimFormatException(operation, $"The answer is '{xml.LocalName}', not a SOAP envelope.");
        }

        if (!xml.ReadToDescendant("Body", XmlNames.Soap) || xml.IsEmptyElement)
        {
            throw new VimFormatException(operation, "The SOAP envelope has no body.");
        }

        xml.Read();
        if (xml.MoveToContent() != XmlNodeType.Element)
        {
            throw new VimFormatException(operation, "The SOAP body is empty.");
        }
    }
}
