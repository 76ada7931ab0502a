using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>Turns a SOAP fault into the exception that callers catch.</summary>
internal static class SoapFault
{
    public static VimFaultException From(XElement fault, string operation)
    {
        var text = Child(fault, "faultstring")?.Value.Trim() ?? "";
        var detail = Child(fault, "detail")?.Elements().FirstOrDefault();
        if (detail is null)
        {
            return new VimFaultException(operation, Child(fault, "faultcode")?.Value.Trim() ?? "", text, null, fault);
        }

        using var xml = detail.CreateReader();
        xml.MoveToContent();
        var read = new VimReader(xml, operation).Object<MethodFault>("MethodFault");
        var type = read.UnknownTypeName ?? read.TypeName;
        if (type == "MethodFault" && detail.Name.LocalName.EndsWith("Fault", StringComparison.Ordinal))
        {
            // Without xsi:type the element's name is all there is: XxxFault.
            type = detail.Name.LocalName[..^"Fault".Length];
        }

        return new VimFaultException(operation, type, text, read, fault);
    }

    private static XElement? Child(XElement parent, string name) => parent.Elements().FirstOrDefault(child => child.Name.LocalName == name);
}
