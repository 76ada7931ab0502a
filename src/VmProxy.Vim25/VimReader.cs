using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>
/// Reads values forward from XML, each method from a start tag to behind its end. Tolerant where a newer or older server may differ
/// (unknown elements, types, order, absent elements), strict where a value makes no sense.
/// </summary>
/// <param name="xml">The reader of the XML, on a start tag.</param>
/// <param name="operation">What to name in errors.</param>
/// <param name="depth">Levels around the XML when it is a part of another one.</param>
/// <param name="fallbacks">Unknown types around the XML.</param>
internal sealed class VimReader(XmlReader xml, string operation = "", int depth = 0, int fallbacks = 0)
{
    /// <summary>Real answers nest some dozen levels; a deeper one would only exhaust the stack.</summary>
    public const int MaxDepth = 256;

    /// <summary>Each unknown type inside another one copies its XML again, so hostile nesting is cut off.</summary>
    private const int MaxNestedFallbacks = 8;

    public string Text()
    {
        if (xml.IsEmptyElement)
        {
            xml.Read();
            return "";
        }

        return xml.ReadElementContentAsString();
    }

    public bool Boolean()
    {
        var (name, text) = NamedText();
        return text switch
        {
            "true" or "1" => true,
            "false" or "0" => false,
            _ => throw NotA("boolean", name, text),
        };
    }

    public sbyte Byte() => Number<sbyte>("byte");

    public short Short() => Number<short>("short");

    public int Int() => Number<int>("int");

    public long Long() => Number<long>("long");

    public float Float() => Number<float>("float");

    public double Double() => Number<double>("double");

    public DateTimeOffset Time()
    {
        var (name, text) = NamedText();
        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw NotA("dateTime", name, text);
    }

    public byte[] Binary()
    {
        var (name, text) = NamedText();
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw NotA("base64Binary", name, text);
        }
    }

    public ManagedObjectReference Reference()
    {
        var type = xml.GetAttribute("type") ?? "";
        return new ManagedObjectReference(type, Text().Trim());
    }

    /// <summary>An object of the declared type or one derived from it; of a type unknown to the schema, the declared one with the XML kept.</summary>
    public T Object<T>(string declared)
        where T : DataObject
    {
        var type = XsiType() ?? declared;
        if (VimTypes.Create(type) is T known)
        {
            Fill(known);
            return known;
        }

        return (T)Unknown(type, VimTypes.Create(declared)!);
    }

    public object Any() => AnyReader.Read(this, XsiType());

    /// <summary>Reads the element as <paramref name="target"/>, keeping its XML and the name of its type.</summary>
    public DataObject Unknown(string type, DataObject target)
    {
        if (fallbacks >= MaxNestedFallbacks)
        {
            throw new VimFormatException(operation, $"More than {MaxNestedFallbacks} unknown types inside each other, the last '{type}'.");
        }

        var depthHere = depth + xml.Depth;
        target.UnknownTypeName = type;
        target.Raw = RawXml.Load(xml);
        using var again = target.Raw.CreateReader();
        again.MoveToContent();
        new VimReader(again, operation, depthHere, fallbacks + 1).Fill(target);
        return target;
    }

    /// <summary>Reads the fields of an object from the element on which the reader stands.</summary>
    public void Fill(DataObject target)
    {
        if (depth + xml.Depth > MaxDepth)
        {
            throw new VimFormatException(operation, $"XML is nested deeper than {MaxDepth} levels.");
        }

        ReadChildren(target, static (reader, target, name) =>
        {
            if (!target.ReadField(reader, name))
            {
                reader.Skip();
            }
        });
    }

    /// <summary>The element as it is, with the namespaces in scope.</summary>
    public XElement Raw() => RawXml.Load(xml);

    /// <summary>Passes over the element on which the reader stands.</summary>
    public void Skip() => xml.Skip();

    /// <summary>Calls back on each child element's start tag; the callback must consume the child. Text between them is ignored.</summary>
    public void ReadChildren<TState>(TState state, Action<VimReader, TState, string> child)
    {
        var empty = xml.IsEmptyElement;
        xml.Read();
        while (!empty && xml.NodeType != XmlNodeType.EndElement)
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element when IsNil():
                    xml.Skip();
                    break;
                case XmlNodeType.Element:
                    child(this, state, xml.LocalName);
                    break;
                case XmlNodeType.None:
                    throw new VimFormatException(operation, "The XML ends inside an element.");
                default:
                    xml.Read();
                    break;
            }
        }

        if (!empty)
        {
            xml.Read();
        }
    }

    /// <summary>The xsi:type of the element on which the reader stands, without its prefix.</summary>
    public string? XsiType()
    {
        var type = xml.GetAttribute("type", XmlNames.Xsi);
        return type is null ? null : type[(type.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }

    private bool IsNil() => xml.HasAttributes && xml.GetAttribute("nil", XmlNames.Xsi) is "true" or "1";

    private (string Name, string Text) NamedText()
    {
        var name = xml.LocalName;
        return (name, Text().Trim());
    }

    private T Number<T>(string type)
        where T : struct, ISpanParsable<T>
    {
        var (name, text) = NamedText();
        return T.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : throw NotA(type, name, text);
    }

    private VimFormatException NotA(string type, string name, string text) =>
        new(operation, $"The element '{name}' holds '{(text.Length > 60 ? text[..60] + "…" : text)}', which is not a value of type {type}.");
}
