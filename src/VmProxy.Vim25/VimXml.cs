using System.Xml;
using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>Data objects, requests and values as XML, both ways: what a client and a server of vim25 share.</summary>
public static class VimXml
{
    /// <summary>Reads an element as an object of the given type or one derived from it. Throws <see cref="VimFormatException"/>.</summary>
    public static T Read<T>(XElement element)
        where T : DataObject, new() => (T)Read(element, new T().TypeName);

    /// <summary>
    /// Reads an element whose declared type is a schema name: a data object, "string", "ManagedObjectReference", an enumeration (then a
    /// string) or "anyType". Throws <see cref="VimFormatException"/> when the content is no such value.
    /// </summary>
    public static object Read(XElement element, string declaredType)
    {
        ArgumentNullException.ThrowIfNull(element);
        using var xml = element.CreateReader();
        xml.MoveToContent();
        return Guard("", () => Read(new VimReader(xml), declaredType));
    }

    /// <summary>Reads the parameters of an operation, which the element's name says; null when the schema has no such operation.</summary>
    public static VimRequest? ReadRequest(XElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        var operation = element.Name.LocalName;
        if (VimTypes.CreateRequest(operation) is not { } request)
        {
            return null;
        }

        using var xml = element.CreateReader();
        xml.MoveToContent();
        return Guard(operation, () =>
        {
            new VimReader(xml, operation).Fill(request);
            return request;
        });
    }

    /// <summary>Writes a value as an element of urn:vim25; nothing for null. The declared type decides whether xsi:type is needed.</summary>
    public static void Write(XmlWriter writer, string elementName, object? value, string declaredType)
    {
        var vim = new VimWriter(writer);
        switch (value)
        {
            case DataObject data when declaredType != "anyType":
                vim.Write(elementName, data, declaredType);
                break;
            case ManagedObjectReference reference when declaredType != "anyType":
                vim.Write(elementName, reference);
                break;
            case VimEnumValue constant when declaredType != "anyType":
                vim.Write(elementName, constant.Value);
                break;
            case not null when declaredType != "anyType":
                vim.Write(elementName, VimWriter.BuiltIn(value).Text);
                break;
            default:
                vim.WriteAny(elementName, value);
                break;
        }
    }

    /// <summary>Writes a request as the element that its operation is named after.</summary>
    public static void WriteRequest(XmlWriter writer, VimRequest request)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(request);
        writer.WriteStartElement(request.OperationName, XmlNames.Vim25);
        request.WriteFields(new VimWriter(writer));
        writer.WriteEndElement();
    }

    /// <summary>Writes the response of an operation: a single value, a list when the operation returns one, or nothing.</summary>
    public static void WriteResponse(XmlWriter writer, string operation, object? result)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var info = VimSchema.Operations[operation];
        writer.WriteStartElement(operation + "Response", XmlNames.Vim25);
        if (info.ReturnTypeName is { } type)
        {
            var values = info.ReturnsArray ? ((System.Collections.IEnumerable?)result ?? Array.Empty<object>()).Cast<object?>() : [result];
            foreach (var value in values)
            {
                Write(writer, "returnval", value, type);
            }
        }

        writer.WriteEndElement();
    }

    /// <summary>Runs a reader; what the XML parser throws becomes a <see cref="VimFormatException"/>.</summary>
    internal static T Guard<T>(string operation, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is XmlException or FormatException or InvalidOperationException)
        {
            throw new VimFormatException(operation, $"The XML cannot be read: {e.Message}", e);
        }
    }

    private static object Read(VimReader reader, string type) =>
        type == "anyType" ? reader.Any()
        : VimTypes.Create(type) is not null ? reader.Object<DataObject>(type)
        : VimTypes.IsEnum(type) ? reader.Text()
        : AnyReader.Read(reader, type);
}
