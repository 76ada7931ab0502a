using System.Xml.Linq;
using VmProxy.Vim25.Generator.Model;
using static VmProxy.Vim25.Generator.Reading.SchemaFileReader;

namespace VmProxy.Vim25.Generator.Reading;

/// <summary>Reads the operations of a WSDL's port types and follows their messages to the elements on the wire.</summary>
internal sealed class WsdlReader(ReadingContext context)
{
    public IEnumerable<Operation> ReadOperations(XElement root)
    {
        var elements = new Dictionary<string, string>();
        foreach (var message in root.Elements(Wsdl + "message"))
        {
            if (message.Element(Wsdl + "part") is { } part)
            {
                elements[context.Require(message, "name")] = ReadingContext.WithoutPrefix(context.Require(part, "element"));
            }
        }

        return from operation in root.Elements(Wsdl + "portType").Elements(Wsdl + "operation")
               select new Operation(
                   context.Require(operation, "name"),
                   ElementOf(operation, "input", elements),
                   ElementOf(operation, "output", elements),
                   context.PlaceOf(operation));
    }

    private string ElementOf(XElement operation, string direction, Dictionary<string, string> elements)
    {
        if (operation.Element(Wsdl + direction) is not { } end)
        {
            context.Report(operation, $"the operation has no {direction}");
            return "";
        }

        var message = ReadingContext.WithoutPrefix(context.Require(end, "message"));
        if (!elements.TryGetValue(message, out var element))
        {
            context.Report(end, $"the message '{message}' is not declared");
        }

        return element ?? "";
    }
}
