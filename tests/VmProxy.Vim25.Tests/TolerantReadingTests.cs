using static VmProxy.Vim25.Tests.Xml;

namespace VmProxy.Vim25.Tests;

/// <summary>Older and newer servers, and other dialects: what is not known is passed over, what is known is never lost.</summary>
public class TolerantReadingTests
{
    private const string Backing =
        "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>[ds] a.vmdk</fileName><diskMode>persistent</diskMode><changeId>52/1</changeId></backing>";

    private const string Unknown = "<newThing xsi:type=\"NewThing\"><capacityInKB>9</capacityInKB><deep><key>7</key></deep></newThing>";

    [TestCase(Unknown + "<key>2000</key>" + Backing + "<unitNumber>1</unitNumber><capacityInKB>16</capacityInKB>", TestName = "Unknown element first")]
    [TestCase("<key>2000</key>" + Backing + "<unitNumber>1</unitNumber><numaNode>3</numaNode>" + Unknown + "<capacityInKB>16</capacityInKB>", TestName = "Unknown element between base and own")]
    [TestCase("<key>2000</key>" + Backing + "<unitNumber>1</unitNumber><capacityInKB>16</capacityInKB>" + Unknown, TestName = "Unknown element last")]
    [TestCase("<capacityInKB>16</capacityInKB><unitNumber>1</unitNumber>" + Backing + "<key>2000</key>", TestName = "Another order")]
    [TestCase("<key>2000</key>" + Backing + " text <!-- note --><?pi?><unitNumber>1</unitNumber><capacityInKB> 16 </capacityInKB>", TestName = "Text, comment and padding")]
    public void KnownElementsAreAllRead(string content)
    {
        var disk = VimXml.Read<VirtualDisk>(Element($"<device xsi:type=\"VirtualDisk\">{content}</device>"));

        Assert.That((disk.Key, disk.UnitNumber, disk.CapacityInKB), Is.EqualTo((2000, (int?)1, 16L)));
        Assert.That((disk.Backing as VirtualDiskFlatVer2BackingInfo)?.ChangeId, Is.EqualTo("52/1"));
        Assert.That(disk.UnknownTypeName, Is.Null);
        Assert.That(disk.Raw, Is.Null);
    }

    [Test]
    public void AnUnknownTypeIsReadAsTheDeclaredOneAndKept()
    {
        var hardware = VimXml.Read<VirtualHardware>(Element($"""
            <hardware><numCPU>2</numCPU><memoryMB>1024</memoryMB>
              <device xsi:type="VirtualTimeMachine"><key>99000</key>{Backing}<era>future</era><unitNumber>4</unitNumber></device>
              <device xsi:type="VirtualDisk"><key>2000</key><backing xsi:type="VirtualDiskQuantumBackingInfo"><fileName>x</fileName></backing><capacityInKB>1</capacityInKB></device>
            </hardware>
            """));

        var unknown = hardware.Device[0];
        Assert.That((unknown.UnknownTypeName, unknown.Key, unknown.UnitNumber), Is.EqualTo(("VirtualTimeMachine", 99000, (int?)4)));
        Assert.That(unknown.TypeName, Is.EqualTo("VirtualDevice"));
        Assert.That((unknown.Backing as VirtualDiskFlatVer2BackingInfo)?.FileName, Is.EqualTo("[ds] a.vmdk"));
        Assert.That(unknown.Raw?.Child("era").Value, Is.EqualTo("future"));
        Assert.That(hardware.Device[1].Backing?.UnknownTypeName, Is.EqualTo("VirtualDiskQuantumBackingInfo"));
        Assert.That((hardware.Device[1] as VirtualDisk)?.CapacityInKB, Is.EqualTo(1));
    }

    [Test]
    public void AnUnknownTypeIsWrittenBackAsItCame()
    {
        var source = Element("""
            <device xsi:type="VirtualTimeMachine"><key>1</key><era xsi:type="xsd:string">a &amp; b</era><inner kind="k"><x>1</x></inner></device>
            """);

        var written = Write(VimXml.Read<VirtualDevice>(source), "VirtualDevice");

        Assert.That(written.XsiType(), Is.EqualTo("VirtualTimeMachine"));
        Assert.That(written.ChildNames(), Is.EqualTo(new[] { "key", "era", "inner" }));
        Assert.That(written.Child("era").Value, Is.EqualTo("a & b"));
        Assert.That(written.Child("era").GetNamespaceOfPrefix("xsd")?.NamespaceName, Is.EqualTo("http://www.w3.org/2001/XMLSchema"));
        Assert.That((string?)written.Child("inner").Attribute("kind"), Is.EqualTo("k"));
    }

    [Test]
    public void AKnownTypeWhereItDoesNotFitIsTreatedAsUnknown()
    {
        var device = VimXml.Read<VirtualDevice>(Element("<device><key>1</key><backing xsi:type=\"VirtualDisk\"><key>5</key></backing></device>"));

        Assert.That(device.Backing?.GetType(), Is.EqualTo(typeof(VirtualDeviceBackingInfo)));
        Assert.That(device.Backing?.UnknownTypeName, Is.EqualTo("VirtualDisk"));
    }

    [Test]
    public void PrefixesAndOtherNamespacesMakeNoDifference()
    {
        var element = System.Xml.Linq.XElement.Parse("""
            <v:device xmlns:v="urn:vim25" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="v:VirtualDisk">
              <v:key>3</v:key><v:backing i:type="v:VirtualDiskSeSparseBackingInfo"><v:diskMode>append</v:diskMode></v:backing><v:capacityInKB>5</v:capacityInKB>
            </v:device>
            """);

        var disk = (VirtualDisk)VimXml.Read<VirtualDevice>(element);

        Assert.That((disk.Key, disk.CapacityInKB), Is.EqualTo((3, 5L)));
        Assert.That((disk.Backing as VirtualDiskSeSparseBackingInfo)?.DiskMode, Is.EqualTo("append"));
    }

    [Test]
    public void ValuesOfEnumerationsAreOpen()
    {
        var runtime = VimXml.Read<VirtualMachineRuntimeInfo>(Element("<r><powerState>hibernated</powerState></r>"));

        Assert.That(runtime.PowerState, Is.EqualTo("hibernated"));
    }

    [Test]
    public void AbsentElementsLeaveDefaults()
    {
        var snapshot = VimXml.Read<VirtualMachineSnapshotTree>(Element("<t/>"));

        Assert.That(snapshot.Name, Is.Empty);
        Assert.That(snapshot.Snapshot, Is.EqualTo(ManagedObjectReference.None));
        Assert.That(snapshot.Id, Is.Zero);
        Assert.That(snapshot.BackupManifest, Is.Null);
        Assert.That(snapshot.ChildSnapshotList, Is.Empty);
        Assert.That(new VirtualMachineSummary().Runtime.PowerState, Is.Empty);
    }

    [Test]
    public void NilIsAbsent()
    {
        var disk = VimXml.Read<VirtualDisk>(Element("<d><unitNumber xsi:nil=\"true\"/><capacityInKB>1</capacityInKB></d>"));

        Assert.That((disk.UnitNumber, disk.CapacityInKB), Is.EqualTo(((int?)null, 1L)));
    }

    [TestCase("2026-11-22T23:15:05.123456Z", "2026-11-22T23:15:05.1234560+00:00")]
    [TestCase("2026-11-22T23:15:05Z", "2026-11-22T23:15:05.0000000+00:00")]
    [TestCase("2026-11-22T23:15:05.5+02:00", "2026-11-22T21:15:05.5000000+00:00")]
    [TestCase("2026-11-22T23:15:05", "2026-11-22T23:15:05.0000000+00:00")]
    public void TimesAreUtc(string text, string expected)
    {
        var time = (DateTimeOffset)VimXml.Read(Element($"<v>{text}</v>"), "dateTime");

        Assert.That(time.ToString("o"), Is.EqualTo(expected));
        Assert.That(time.Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void ByteArraysAreRepeatedSignedBytes()
    {
        var name = VimXml.Read<ScsiLunDurableName>(Element("<n><namespace>GENERIC</namespace><namespaceId>5</namespaceId><data>-1</data><data>0</data><data>127</data></n>"));

        Assert.That(name.Data, Is.EqualTo(new sbyte[] { -1, 0, 127 }));
        Assert.That(Write(name, "ScsiLunDurableName").Elements().Skip(2).Select(element => element.Value), Is.EqualTo(new[] { "-1", "0", "127" }));
    }

    [TestCase("<capacityInKB>many</capacityInKB>", "capacityInKB", "long")]
    [TestCase("<key>99999999999</key>", "key", "int")]
    [TestCase("<nativeUnmanagedLinkedClone>maybe</nativeUnmanagedLinkedClone>", "nativeUnmanagedLinkedClone", "boolean")]
    public void AValueThatIsNoneIsNamed(string content, string element, string type)
    {
        var problem = Assert.Throws<VimFormatException>(() => VimXml.Read<VirtualDisk>(Element($"<d>{content}</d>")));

        Assert.That(problem.Code, Is.EqualTo(VimErrorCodes.Malformed));
        Assert.That(problem.Message, Does.Contain(element).And.Contain(type));
    }

    [Test]
    public void ElementsWhereTextBelongsAreAFormatError() =>
        Assert.Throws<VimFormatException>(() => VimXml.Read<VirtualDisk>(Element("<d><diskObjectId><x/></diskObjectId></d>")));

    [Test]
    public void EndlessNestingIsRefused()
    {
        var deep = string.Concat(Enumerable.Repeat("<childSnapshotList>", 5000)) + string.Concat(Enumerable.Repeat("</childSnapshotList>", 5000));

        Assert.Throws<VimFormatException>(() => VimXml.Read<VirtualMachineSnapshotTree>(Element($"<t>{deep}</t>")));
    }

    [Test]
    public void UnknownTypesInsideEachOtherAreAllNamed()
    {
        var inner = "<fault xsi:type=\"C\"><x/></fault>";
        var element = Element($"<f xsi:type=\"A\"><faultCause><fault xsi:type=\"B\"><faultCause>{inner}</faultCause></fault></faultCause></f>");
        var detached = new System.Xml.Linq.XElement(element);

        var fault = VimXml.Read<MethodFault>(detached);

        Assert.That((fault.UnknownTypeName, fault.FaultCause?.Fault.UnknownTypeName, fault.FaultCause?.Fault.FaultCause?.Fault.UnknownTypeName), Is.EqualTo(("A", "B", "C")));
    }

    [Test]
    public void UnknownTypesInsideEachOtherAreBounded()
    {
        var deep = string.Concat(Enumerable.Repeat("<faultCause><fault xsi:type=\"Newer\">", 40)) + string.Concat(Enumerable.Repeat("</fault></faultCause>", 40));

        Assert.Throws<VimFormatException>(() => VimXml.Read<MethodFault>(Element($"<f>{deep}</f>")));
    }

    [Test]
    public void TheDeepestReadableXmlFitsASmallStack()
    {
        const int Levels = 14;
        var start = string.Concat(Enumerable.Repeat("<faultCause><fault>", Levels)) + "<faultCause><fault xsi:type=\"Newer\">";
        var end = string.Concat(Enumerable.Repeat("</fault></faultCause>", Levels + 1));
        var element = Element($"<f>{string.Concat(Enumerable.Repeat(start, 8))}{string.Concat(Enumerable.Repeat(end, 8))}</f>");
        MethodFault? fault = null;
        var thread = new Thread(() => fault = VimXml.Read<MethodFault>(element), maxStackSize: 512 << 10);

        thread.Start();
        thread.Join();

        Assert.That(fault?.FaultCause, Is.Not.Null);
        var deeper = new System.Xml.Linq.XElement(element);
        deeper.Descendants().Last().Add(new System.Xml.Linq.XElement(element.Descendants().First()));
        Assert.Throws<VimFormatException>(() => VimXml.Read<MethodFault>(deeper));
    }
}
