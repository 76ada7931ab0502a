using System.Globalization;
using System.Xml;

namespace VmProxy.Vim25;

/// <summary>
/// Writes values as elements of urn:vim25. What is null is left out; xsi:type appears only where the value's type is not the declared one.
/// </summary>
internal sealed class VimWriter(XmlWriter xml)
{
    public void Write(string name, string? value) => WriteText(name, value);

    public void Write(string name, bool? value) => WriteText(name, value is { } some ? Format(some) : null);

    public void Write(string name, long? value) => WriteText(name, value is { } some ? Format(some) : null);

    public void Write(string name, double? value) => WriteText(name, value is { } some ? Format(some) : null);

    public void Write(string name, float? value) => WriteText(name, value is { } some ? Format(some) : null);

    public void Write(string name, DateTimeOffset? value) => WriteText(name, value is { } some ? Format(some) : null);

    public void Write(string name, byte[]? value) => WriteText(name, value is null ? null : Convert.ToBase64String(value));

    public void Write(string name, ManagedObjectReference? value)
    {
        if (value is not null)
        {
            Start(name);
            WriteReference(value);
            xml.WriteEndElement();
        }
    }

    public void Write(string name, DataObject? value, string declared)
    {
        if (value is not null)
        {
            Start(name);
            var type = value.UnknownTypeName ?? value.TypeName;
            if (type != declared)
            {
                WriteType(type);
            }

            WriteContent(value);
            xml.WriteEndElement();
        }
    }

    public void Write<T>(string name, List<T> values, string declared)
        where T : DataObject => values.ForEach(value => Write(name, value, declared));

    public void Write(string name, List<string> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<bool> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<sbyte> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<short> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<int> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<long> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<double> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<DateTimeOffset> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<byte[]> values) => values.ForEach(value => Write(name, value));

    public void Write(string name, List<ManagedObjectReference> values) => values.ForEach(value => Write(name, value));

    public void WriteAny(string name, List<object> values) => values.ForEach(value => WriteAny(name, value));

    /// <summary>Writes a value with its xsi:type; throws ArgumentException for a .NET type that no schema type stands for.</summary>
    public void WriteAny(string name, object? value)
    {
        if (value is null)
        {
            return;
        }

        Start(name);
        switch (value)
        {
            case DataObject data:
                WriteType(data.UnknownTypeName ?? data.TypeName);
                WriteContent(data);
                break;
            case ManagedObjectReference reference:
                // The plain attribute comes first, as real servers send it.
                xml.WriteAttributeString("type", reference.Type);
                WriteType("ManagedObjectReference");
                xml.WriteString(reference.Value);
                break;
            case VimEnumValue constant:
                WriteType(constant.TypeName);
                xml.WriteString(constant.Value);
                break;
            case VimArray array:
                WriteArray(array);
                break;
            default:
                var (type, text) = BuiltIn(value);
                WriteBuiltInType(type);
                xml.WriteString(text);
                break;
        }

        xml.WriteEndElement();
    }

    /// <summary>Writes fields, or the XML as it came when the object is of an unknown type.</summary>
    public void WriteContent(DataObject value)
    {
        if (value is { UnknownTypeName: not null, Raw: { } raw })
        {
            RawXml.WriteContent(xml, raw);
        }
        else
        {
            value.WriteFields(this);
        }
    }

    public static string Format(bool value) => value ? "true" : "false";

    public static string Format(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Format(double value) => XmlConvert.ToString(value);

    public static string Format(float value) => XmlConvert.ToString(value);

    public static string Format(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private void WriteArray(VimArray array)
    {
        WriteType(VimNames.ArrayOf(array.ElementTypeName));
        foreach (var item in array.Items)
        {
            switch (item)
            {
                case DataObject data:
                    Write(array.ElementTypeName, data, array.ElementTypeName);
                    break;
                case ManagedObjectReference reference:
                    Write(array.ElementTypeName, reference);
                    break;
                case VimEnumValue constant:
                    WriteText(array.ElementTypeName, constant.Value);
                    break;
                case var any when array.ElementTypeName == "anyType":
                    WriteAny(array.ElementTypeName, any);
                    break;
                default:
                    WriteText(array.ElementTypeName, item as string ?? BuiltIn(item).Text);
                    break;
            }
        }
    }

    public static (string Type, string Text) BuiltIn(object value) => value switch
    {
        string text => ("string", text),
        bool boolean => ("boolean", Format(boolean)),
        sbyte number => ("byte", Format(number)),
        short number => ("short", Format(number)),
        int number => ("int", Format(number)),
        long number => ("long", Format(number)),
        float number => ("float", Format(number)),
        double number => ("double", Format(number)),
        DateTimeOffset time => ("dateTime", Format(time)),
        byte[] bytes => ("base64Binary", Convert.ToBase64String(bytes)),
        _ => throw new ArgumentException($"No schema type stands for {value.GetType()}.", nameof(value)),
    };

    private void WriteText(string name, string? value)
    {
        if (value is not null)
        {
            Start(name);
            xml.WriteString(value);
            xml.WriteEndElement();
        }
    }

    private void WriteReference(ManagedObjectReference reference)
    {
        xml.WriteAttributeString("type", reference.Type);
        xml.WriteString(reference.Value);
    }

    private void Start(string name) => xml.WriteStartElement(name, XmlNames.Vim25);

    private void WriteType(string type) => xml.WriteAttributeString("xsi", "type", XmlNames.Xsi, type);

    private void WriteBuiltInType(string type)
    {
        var prefix = xml.LookupPrefix(XmlNames.Xsd);
        if (prefix is null)
        {
            prefix = "xsd";
            xml.WriteAttributeString("xmlns", prefix, null, XmlNames.Xsd);
        }

        WriteType($"{prefix}:{type}");
    }
}
