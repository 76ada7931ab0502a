using System.Xml.Linq;
using VmProxy.Lab.Model;
using VmProxy.Vim25;

namespace VmProxy.Lab.Soap;

/// <summary>
/// Holds requests to the schema as real servers do: elements in sequence order, no unknown ones, no repeated single ones, no
/// required one missing. The product's reader is tolerant by design, so the lab checks the XML itself.
/// </summary>
internal static class RequestValidator
{
    static readonly XName TypeAttribute = XName.Get("type", SoapNames.Xsi);

    public static void Validate(XElement request)
    {
        var operation = VimSchema.Operations.GetValueOrDefault(request.Name.LocalName)
            ?? throw LabFault.InvalidRequest($"Unable to resolve WSDL method name {request.Name.LocalName}");
        List<VimFieldInfo> fields =
        [
            new VimFieldInfo("_this", "ManagedObjectReference", false, false),
            .. operation.Parameters,
        ];
        ValidateFields(request, operation.Name, fields);
    }

    static void ValidateFields(XElement parent, string typeName, IReadOnlyList<VimFieldInfo> fields)
    {
        var next = 0;
        XName? previous = null;
        foreach (var element in parent.Elements())
        {
            var index = IndexOf(fields, element.Name.LocalName);
            if (index < 0)
            {
                throw LabFault.InvalidRequest($"Unexpected element tag \"{element.Name.LocalName}\" in {typeName}");
            }

            if (index < next || (element.Name == previous && !fields[index].IsArray))
            {
                throw LabFault.InvalidRequest($"Element \"{element.Name.LocalName}\" of {typeName} is out of order or repeated");
            }

            ThrowIfMissing(fields, next, element.Name == previous ? next : index, typeName);
            ValidateValue(element, fields[index].TypeName);
            next = fields[index].IsArray ? index : index + 1;
            previous = element.Name;
        }

        ThrowIfMissing(fields, previous is not null && next < fields.Count && fields[next].Name == previous.LocalName ? next + 1 : next, fields.Count, typeName);
    }

    static void ValidateValue(XElement element, string declared)
    {
        if (declared == "ManagedObjectReference")
        {
            if (element.Attribute("type") is null || element.Value.Length == 0)
            {
                throw LabFault.InvalidRequest($"\"{element.Name.LocalName}\" is no reference to a managed object");
            }

            return;
        }

        if (!VimSchema.Types.TryGetValue(declared, out var type) || type.IsEnum)
        {
            return;
        }

        if (element.Attribute(TypeAttribute)?.Value is { } given)
        {
            var name = given[(given.IndexOf(':', StringComparison.Ordinal) + 1)..];
            if (!VimSchema.Types.TryGetValue(name, out var derived) || !VimSchema.IsA(name, declared))
            {
                throw LabFault.InvalidRequest($"{name} is no {declared}");
            }

            type = derived;
        }

        ValidateFields(element, type.Name, VimSchema.AllFields(type));
    }

    static int IndexOf(IReadOnlyList<VimFieldInfo> fields, string name)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A repeated element may be required (at least one) as well; then it is missing only when none was seen.</summary>
    static void ThrowIfMissing(IReadOnlyList<VimFieldInfo> fields, int from, int to, string typeName)
    {
        for (var i = from; i < to; i++)
        {
            if (!fields[i].IsOptional && !fields[i].IsArray)
            {
                throw LabFault.InvalidRequest($"Required element \"{fields[i].Name}\" of {typeName} is missing");
            }
        }
    }
}
