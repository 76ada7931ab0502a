using System.Xml.Linq;
using VmProxy.Lab.Model;
using VmProxy.Vim25;

namespace VmProxy.Lab.Soap;

/// <summary>The lab's faults as vim25 objects. A name that the schema lacks gives what a newer server would send.</summary>
internal static class FaultXml
{
    public static MethodFault ToVim(LabFault fault)
    {
        XNamespace vim = SoapNames.Vim25;
        var element = new XElement(vim + "fault", new XAttribute(XName.Get("type", SoapNames.Xsi), fault.TypeName));
        if (VimSchema.Types.TryGetValue(fault.TypeName, out var type))
        {
            foreach (var field in VimSchema.AllFields(type))
            {
                var value = fault.Fields.FirstOrDefault(given => given.Field == field.Name).Value ?? Required(field);
                if (value is not null)
                {
                    element.Add(FieldXml(field, value));
                }
            }
        }

        return (MethodFault)VimXml.Read(element, "MethodFault")!;
    }

    public static LocalizedMethodFault ToLocalized(LabFault fault) => new() { Fault = ToVim(fault), LocalizedMessage = fault.Message };

    static XElement FieldXml(VimFieldInfo field, object value)
    {
        var document = new XDocument();
        using (var writer = document.CreateWriter())
        {
            VimXml.Write(
                writer,
                field.Name,
                value switch
                {
                    LabFault nested => ToLocalized(nested),
                    LabTask task => new ManagedObjectReference("Task", task.Id),
                    _ => value,
                },
                field.TypeName);
        }

        return document.Root!;
    }

    /// <summary>Injected faults come by name only; their required fields need some value.</summary>
    static object? Required(VimFieldInfo field) => field switch
    {
        { IsOptional: true } or { IsArray: true } => null,
        { TypeName: "string" } => "lab",
        { TypeName: "int" } => 0,
        { TypeName: "long" } => 0L,
        { TypeName: "boolean" } => false,
        { TypeName: "ManagedObjectReference" } => new ManagedObjectReference("Task", "task-0"),
        { TypeName: "LocalizedMethodFault" } => new LocalizedMethodFault { Fault = new MethodFault() },
        { TypeName: "VirtualMachinePowerState" } => "poweredOn",
        _ => null,
    };
}
