using static VmProxy.Vim25.Tests.Xml;

namespace VmProxy.Vim25.Tests;

/// <summary>Requests as real servers insist on them.</summary>
public class WritingTests
{
    [Test]
    public void BaseElementsComeFirstAndInOrder()
    {
        var disk = new VirtualDisk
        {
            CapacityInBytes = 2048,
            CapacityInKB = 2,
            UnitNumber = 0,
            ControllerKey = -1,
            Key = -2,
            Backing = new VirtualDiskFlatVer2BackingInfo { DiskMode = VirtualDiskMode.IndependentNonpersistent, FileName = "[ds] a.vmdk", Datastore = new("Datastore", "d-1") },
        };

        var written = Write(disk, "VirtualDevice");

        Assert.That(written.ChildNames(), Is.EqualTo(new[] { "key", "backing", "controllerKey", "unitNumber", "capacityInKB", "capacityInBytes" }));
        Assert.That(written.Child("backing").ChildNames(), Is.EqualTo(new[] { "fileName", "datastore", "diskMode" }));
        Assert.That(written.Name.NamespaceName, Is.EqualTo("urn:vim25"));
    }

    [Test]
    public void TheTypeIsNamedOnlyWhereItIsNotTheDeclaredOne()
    {
        var spec = new VirtualMachineConfigSpec
        {
            DeviceChange = [new VirtualDeviceConfigSpec { Operation = VirtualDeviceConfigSpecOperation.Add, Device = new VirtualDisk { Backing = new VirtualDiskFlatVer2BackingInfo() } }],
            ExtraConfig = [new OptionValue { Key = "k", Value = 5 }],
        };

        var written = Write(spec, "VirtualMachineConfigSpec");

        Assert.That(written.XsiType(), Is.Null);
        Assert.That(written.Child("deviceChange").XsiType(), Is.Null);
        Assert.That(written.Child("deviceChange").Child("device").XsiType(), Is.EqualTo("VirtualDisk"));
        Assert.That(written.Child("deviceChange").Child("device").Child("backing").XsiType(), Is.EqualTo("VirtualDiskFlatVer2BackingInfo"));
        Assert.That(written.Child("extraConfig").Child("value").XsiType(), Is.EqualTo("xsd:int"));
    }

    [Test]
    public void RequiredElementsAreAlwaysSent()
    {
        var written = Write(new FileQueryFlags { FileSize = true }, "FileQueryFlags");

        Assert.That(written.ChildNames(), Is.EqualTo(new[] { "fileType", "fileSize", "modification", "fileOwner" }));
    }

    [Test]
    public void ARequestStartsWithItsObjectAndLeavesOutWhatIsUnset()
    {
        var written = Write(new CreateSnapshotExRequest { This = new("VirtualMachine", "vm-1"), Name = "s", QuiesceSpec = new VirtualMachineGuestQuiesceSpec { Timeout = 5 } });

        Assert.That(written.Name.LocalName, Is.EqualTo("CreateSnapshotEx_Task"));
        Assert.That(written.ChildNames(), Is.EqualTo(new[] { "_this", "name", "memory", "quiesceSpec" }));
        Assert.That((string?)written.Child("_this").Attribute("type"), Is.EqualTo("VirtualMachine"));
    }

    [Test]
    public void TimesAreUtcWithAFraction()
    {
        var written = Write(new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)), "dateTime");

        Assert.That(written.Value, Is.EqualTo("2026-01-02T03:04:05.000000Z"));
    }

    [Test]
    public void AValueWithoutASchemaTypeIsABug() => Assert.Throws<ArgumentException>(() => Write(new OptionValue { Key = "k", Value = 5u }, "OptionValue"));

    [Test]
    public void ResponsesHoldWhatTheOperationReturns()
    {
        Assert.That(Response("Logout", null).Elements(), Is.Empty);
        Assert.That(Response("FindByUuid", null).Elements(), Is.Empty);
        Assert.That(Response("FindByUuid", new ManagedObjectReference("VirtualMachine", "vm-1")).Child("returnval").Value, Is.EqualTo("vm-1"));
        Assert.That(Response("QueryVirtualDiskUuid", "60 00").Child("returnval").Value, Is.EqualTo("60 00"));
        Assert.That(Response("QueryEvents", new Event[] { new EventEx(), new() }).Elements().Select(Xml.XsiType), Is.EqualTo(new[] { "EventEx", null }));
    }

    private static System.Xml.Linq.XElement Response(string operation, object? result)
    {
        var text = new System.Text.StringBuilder();
        using (var writer = System.Xml.XmlWriter.Create(text))
        {
            VimXml.WriteResponse(writer, operation, result);
        }

        return System.Xml.Linq.XElement.Parse(text.ToString());
    }
}
