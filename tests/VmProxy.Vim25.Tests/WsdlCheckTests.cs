using CliWrap;
using CliWrap.Buffered;
using VmProxy.Testing;

namespace VmProxy.Vim25.Tests;

/// <summary>tools/wsdl_check.py: wsdl/ agrees with judges that we did not write, and a wrong wsdl/ would not.</summary>
public class WsdlCheckTests
{
    private static IEnumerable<TestCaseData> Mutations()
    {
        yield return Mutation("Two parameters swapped", "vim25-messages.xsd",
            "<xs:element name=\"userName\" type=\"xs:string\"/>\n      <xs:element name=\"password\" type=\"xs:string\"/>",
            "<xs:element name=\"password\" type=\"xs:string\"/>\n      <xs:element name=\"userName\" type=\"xs:string\"/>",
            "operation Login: 'userName' must come before 'password'");
        yield return Mutation("Two elements swapped", "vim25-devices.xsd",
            "<xs:element name=\"capacityInKB\" type=\"xs:long\"/>\n          <xs:element name=\"capacityInBytes\" type=\"xs:long\" minOccurs=\"0\"/>",
            "<xs:element name=\"capacityInBytes\" type=\"xs:long\" minOccurs=\"0\"/>\n          <xs:element name=\"capacityInKB\" type=\"xs:long\"/>",
            "type VirtualDisk: 'capacityInKB' must come before 'capacityInBytes'");
        yield return Mutation("Optional made required", "vim25-messages.xsd",
            "<xs:element name=\"quiesceSpec\" type=\"vim25:VirtualMachineGuestQuiesceSpec\" minOccurs=\"0\"/>",
            "<xs:element name=\"quiesceSpec\" type=\"vim25:VirtualMachineGuestQuiesceSpec\"/>",
            "operation CreateSnapshotEx_Task: 'quiesceSpec' is required, should be optional");
        yield return Mutation("A list made not empty", "vim25-vm.xsd",
            "<xs:element name=\"perDatastoreUsage\" type=\"vim25:VirtualMachineUsageOnDatastore\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>",
            "<xs:element name=\"perDatastoreUsage\" type=\"vim25:VirtualMachineUsageOnDatastore\" maxOccurs=\"unbounded\"/>",
            "type VirtualMachineStorageInfo: 'perDatastoreUsage' is list, at least one, should be list");
        yield return Mutation("A list made single", "vim25-properties.xsd",
            "<xs:element name=\"pathSet\" type=\"xs:string\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>",
            "<xs:element name=\"pathSet\" type=\"xs:string\" minOccurs=\"0\"/>",
            "type PropertySpec: 'pathSet' is optional, should be list");
        yield return Mutation("A type changed", "vim25-devices.xsd",
            "<xs:element name=\"capacityInKB\" type=\"xs:long\"/>",
            "<xs:element name=\"capacityInKB\" type=\"xs:int\"/>",
            "type VirtualDisk: 'capacityInKB' is xs:int, should be xs:long");
        yield return Mutation("A base changed", "vim25-devices.xsd",
            "<xs:complexType name=\"ParaVirtualSCSIController\">\n    <xs:complexContent>\n      <xs:extension base=\"vim25:VirtualSCSIController\"/>",
            "<xs:complexType name=\"ParaVirtualSCSIController\">\n    <xs:complexContent>\n      <xs:extension base=\"vim25:VirtualController\"/>",
            "type ParaVirtualSCSIController: extends VirtualController, should extend VirtualSCSIController");
        yield return Mutation("An unknown element", "vim25-devices.xsd",
            "<xs:element name=\"capacityInKB\" type=\"xs:long\"/>",
            "<xs:element name=\"capacityInKB\" type=\"xs:long\"/><xs:element name=\"colour\" type=\"xs:string\" minOccurs=\"0\"/>",
            "type VirtualDisk: 'colour' is unknown to the judge");
        yield return Mutation("A required element missing", "vim25-devices.xsd",
            "<xs:element name=\"capacityInKB\" type=\"xs:long\"/>",
            "",
            "type VirtualDisk: the required 'capacityInKB' is missing");
        yield return Mutation("A result changed", "vim25-messages.xsd",
            "<xs:element name=\"returnval\" type=\"vim25:DiskChangeInfo\"/>",
            "<xs:element name=\"returnval\" type=\"vim25:DiskChangeExtent\"/>",
            "operation QueryChangedDiskAreas: 'returnval' is DiskChangeExtent, should be DiskChangeInfo");
        yield return Mutation("An unknown value", "vim25-vm.xsd",
            "<xs:enumeration value=\"poweredOn\"/>",
            "<xs:enumeration value=\"poweredUp\"/>",
            "enumeration VirtualMachinePowerState: value 'poweredUp' is unknown to the judge");

        static TestCaseData Mutation(string name, string file, string from, string to, string line) => new TestCaseData(file, from, to, line).SetArgDisplayNames(name);
    }

    [Test]
    public async Task OurSchemaAgreesWithPyVmomi()
    {
        var (code, output) = await RunAsync();

        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain($"{VimSchema.Operations.Count} operations agree with pyVmomi"));
    }

    [TestCaseSource(nameof(Mutations))]
    public async Task AWrongSchemaIsNamedByBothJudges(string file, string from, string to, string line)
    {
        using var folder = Mutated(file, from, to);

        foreach (var judge in new string[][] { [], ["--wsdl", Repository.File("wsdl")] })
        {
            var (code, output) = await RunAsync(["--ours", folder.Path, .. judge]);
            Assert.That(code, Is.EqualTo(1), output);
            Assert.That(output.Split('\n'), Does.Contain(line));
        }
    }

    [Test]
    public async Task AManagedObjectsPropertyIsCheckedToo()
    {
        using var folder = Mutated("vim25-managed.xml", "<property name=\"layoutEx\" type=\"VirtualMachineFileLayoutEx\" optional=\"true\"/>", "<property name=\"layoutEx\" type=\"VirtualMachineFileLayout\" optional=\"true\"/>");

        var (code, output) = await RunAsync("--ours", folder.Path);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("managed object VirtualMachine: 'layoutEx' is VirtualMachineFileLayout, should be VirtualMachineFileLayoutEx"));
    }

    [Test]
    public async Task ALateElementMustBeMarked()
    {
        using var folder = Mutated("vim25-vm.xsd", "<xs:element name=\"changeTrackingSupported\" type=\"xs:boolean\" vmproxy:late=\"true\"/>", "<xs:element name=\"changeTrackingSupported\" type=\"xs:boolean\"/>");

        var (_, output) = await RunAsync("--ours", folder.Path);

        Assert.That(output, Does.Contain("type VirtualMachineCapability: 'changeTrackingSupported' must be marked late"));
    }

    [Test]
    public async Task AFullWsdlMayHaveMoreAndMayMakeLateElementsOptional()
    {
        using var full = Mutated("vim25-vm.xsd", "<xs:element name=\"changeTrackingSupported\" type=\"xs:boolean\" vmproxy:late=\"true\"/>", "<xs:element name=\"changeTrackingSupported\" type=\"xs:boolean\" minOccurs=\"0\"/><xs:element name=\"newer\" type=\"xs:boolean\" minOccurs=\"0\"/>");
        Replace(full["vim25-faults.xsd"], "<xs:element name=\"privilegeId\" type=\"xs:string\"/>", "<xs:element name=\"privilegeId\" type=\"xs:string\" minOccurs=\"0\"/>");
        Replace(full["vim25-vm.xsd"], "<xs:enumeration value=\"poweredOn\"/>", "<xs:enumeration value=\"poweredOn\"/><xs:enumeration value=\"hibernated\"/>");
        Replace(full["vim25-core.xsd"], "</xs:schema>", "<xs:complexType name=\"Newer\"/></xs:schema>");

        var (code, output) = await RunAsync("--wsdl", full.Path);

        Assert.That(code, Is.Zero, output);
    }

    /// <summary>VMware's files use the default namespace for XML Schema and hold a second interface, urn:reflect, whose names may be the same.</summary>
    [Test]
    public async Task FilesInVMwaresFormAreUnderstood()
    {
        using var full = Mutated("vim25.wsdl", "  <portType", "  <message name=\"R\"><part name=\"parameters\" element=\"r:Login\" xmlns:r=\"urn:reflect\"/></message>\n  <portType name=\"Reflect\"><operation name=\"Login\"><input message=\"vim25:R\"/><output message=\"vim25:R\"/></operation></portType>\n  <portType");
        foreach (var path in Directory.EnumerateFiles(full.Path, "*.xsd"))
        {
            File.WriteAllText(path, File.ReadAllText(path)
                .Replace("xmlns:xs=", "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns=", StringComparison.Ordinal)
                .Replace("<xs:", "<", StringComparison.Ordinal).Replace("</xs:", "</", StringComparison.Ordinal).Replace("\"xs:", "\"xsd:", StringComparison.Ordinal));
        }

        File.WriteAllText(full["reflect-types.xsd"], "<schema xmlns=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"urn:reflect\"><complexType name=\"VirtualDisk\"/></schema>");

        var (code, output) = await RunAsync("--wsdl", full.Path);

        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public async Task AFullWsdlMayNotMakeOthersOptional()
    {
        using var full = Mutated("vim25-devices.xsd", "<xs:element name=\"capacityInKB\" type=\"xs:long\"/>", "<xs:element name=\"capacityInKB\" type=\"xs:long\" minOccurs=\"0\"/>");

        var (code, output) = await RunAsync("--wsdl", full.Path);

        Assert.That((code, output.Trim()), Is.EqualTo((1, "type VirtualDisk: 'capacityInKB' is required, should be optional")));
    }

    [Test]
    public async Task AFolderWithoutAWsdlIsAnError()
    {
        using var empty = new TempFolder();

        Assert.That((await RunAsync("--wsdl", empty.Path)).Code, Is.EqualTo(2));
    }

    private static TempFolder Mutated(string file, string from, string to)
    {
        var folder = new TempFolder();
        foreach (var path in Directory.EnumerateFiles(Repository.File("wsdl")))
        {
            File.Copy(path, folder[Path.GetFileName(path)]);
        }

        Replace(folder[file], from, to);
        return folder;
    }

    private static void Replace(string path, string from, string to)
    {
        var text = File.ReadAllText(path);
        Assert.That(text, Does.Contain(from), path);
        var at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + to + text[(at + from.Length)..]);
    }

    /// <summary>Debian's interpreter: only it has Debian's pyVmomi.</summary>
    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        Tool.Require("python3", "python3-pyvmomi");
        var result = await Cli.Wrap("/usr/bin/python3")
            .WithArguments([Repository.File("tools", "wsdl_check.py"), .. arguments])
            .WithEnvironmentVariables(variables => variables.Set("PYTHONDONTWRITEBYTECODE", "1"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync();
        return (result.ExitCode, result.StandardOutput + result.StandardError);
    }
}
