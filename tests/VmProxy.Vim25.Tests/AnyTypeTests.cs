using static VmProxy.Vim25.Tests.Xml;

namespace VmProxy.Vim25.Tests;

/// <summary>Elements of type anyType: xsi:type decides, and both sides agree on it.</summary>
public class AnyTypeTests
{
    private static IEnumerable<TestCaseData> Values()
    {
        yield return Case("xsd:string", "a", "a");
        yield return Case("xsd:boolean", "true", true);
        yield return Case("xsd:byte", "-7", (sbyte)-7);
        yield return Case("xsd:short", "12", (short)12);
        yield return Case("xsd:int", "-5", -5);
        yield return Case("xsd:long", "5000000000", 5000000000L);
        yield return Case("xsd:float", "0.5", 0.5f);
        yield return Case("xsd:double", "0.25", 0.25);
        yield return Case("xsd:base64Binary", "AQI=", new byte[] { 1, 2 });
        yield return Case("xsd:dateTime", "2026-11-22T23:15:05.500000Z", new DateTimeOffset(2026, 11, 22, 23, 15, 5, 500, TimeSpan.Zero));
        yield return Case("VirtualMachinePowerState", "poweredOn", new VimEnumValue("VirtualMachinePowerState", "poweredOn"));
        yield return Case("NewerEnum", "some", new VimEnumValue("NewerEnum", "some"));

        static TestCaseData Case(string type, string text, object value) => new TestCaseData(type, text, value).SetArgDisplayNames(type);
    }

    [TestCaseSource(nameof(Values))]
    public void PlainValuesGoBothWays(string type, string text, object value)
    {
        Assert.That(VimXml.Read(Element($"<val xsi:type=\"{type}\">{text}</val>"), "anyType"), Is.EqualTo(value));

        var written = Write(value, "anyType");
        Assert.That((written.XsiType(), written.Value), Is.EqualTo((type, text)));
    }

    [Test]
    public void AReferenceHasBothTypeAttributes()
    {
        var reference = VimXml.Read(Element("<val type=\"Datastore\" xsi:type=\"ManagedObjectReference\">datastore-11</val>"), "anyType");

        Assert.That(reference, Is.EqualTo(new ManagedObjectReference("Datastore", "datastore-11")));
        var written = Write(reference, "anyType");
        Assert.That((written.XsiType(), (string?)written.Attribute("type"), written.Value), Is.EqualTo(("ManagedObjectReference", "Datastore", "datastore-11")));
        Assert.That(reference.ToString(), Is.EqualTo("Datastore:datastore-11"));
    }

    [Test]
    public void AnArrayOfObjectsKeepsTheTypesOfItsItems()
    {
        var array = (VimArray)VimXml.Read(
            Element("""
                <val xsi:type="ArrayOfVirtualDevice">
                  <VirtualDevice xsi:type="VirtualDisk"><key>2000</key><capacityInKB>1</capacityInKB></VirtualDevice>
                  <VirtualDevice xsi:type="VirtualFlux"><key>3</key></VirtualDevice>
                  <VirtualDevice><key>4</key></VirtualDevice>
                </val>
                """),
            "anyType");

        Assert.That(array.ElementTypeName, Is.EqualTo("VirtualDevice"));
        Assert.That(array.Of<VirtualDisk>().Single().Key, Is.EqualTo(2000));
        Assert.That(array.Of<VirtualDevice>().Select(item => (item.UnknownTypeName, item.Key)), Is.EqualTo(new[] { (null, 2000), ("VirtualFlux", 3), (null, 4) }));
        Assert.That(Write(array, "anyType").Elements().Select(Xml.XsiType), Is.EqualTo(new[] { "VirtualDisk", "VirtualFlux", null }));
    }

    [TestCase("ArrayOfString", "string", "a,b")]
    [TestCase("ArrayOfInt", "int", "1,2")]
    [TestCase("ArrayOfLong", "long", "1,5000000000")]
    [TestCase("ArrayOfBoolean", "boolean", "true,false")]
    [TestCase("ArrayOfByte", "byte", "-128,127")]
    public void ArraysOfPlainValuesGoBothWays(string type, string element, string values)
    {
        var source = Element($"<val xsi:type=\"{type}\">{string.Concat(values.Split(',').Select(value => $"<{element}>{value}</{element}>"))}</val>");
        var array = (VimArray)VimXml.Read(source, "anyType");

        Assert.That((array.ElementTypeName, array.Items.Count), Is.EqualTo((element, 2)));
        var written = Write(array, "anyType");
        Assert.That(written.XsiType(), Is.EqualTo(type));
        Assert.That(written.Elements().Select(item => (item.Name.LocalName, item.XsiType(), item.Value)), Is.EqualTo(values.Split(',').Select(value => (element, (string?)null, value))));
    }

    [Test]
    public void AnArrayOfReferences()
    {
        var array = (VimArray)VimXml.Read(
            Element("<val xsi:type=\"ArrayOfManagedObjectReference\"><ManagedObjectReference type=\"Network\">n-1</ManagedObjectReference></val>"), "anyType");

        Assert.That(array.Of<ManagedObjectReference>(), Is.EqualTo(new[] { new ManagedObjectReference("Network", "n-1") }));
    }

    [Test]
    public void AnArrayOfAnythingNamesEachType()
    {
        var array = (VimArray)VimXml.Read(Element("<val xsi:type=\"ArrayOfAnyType\"><anyType xsi:type=\"xsd:int\">1</anyType><anyType xsi:type=\"xsd:string\">x</anyType></val>"), "anyType");

        Assert.That(array.Items, Is.EqualTo(new object[] { 1, "x" }));
        Assert.That(Write(array, "anyType").Elements().Select(Xml.XsiType), Is.EqualTo(new[] { "xsd:int", "xsd:string" }));
    }

    [Test]
    public void AnEmptyArrayIsAnArray()
    {
        var array = (VimArray)VimXml.Read(Element("<val xsi:type=\"ArrayOfDatastoreHostMount\"/>"), "anyType");

        Assert.That((array.ElementTypeName, array.Items.Count), Is.EqualTo(("DatastoreHostMount", 0)));
        Assert.That(Write(array, "anyType").XsiType(), Is.EqualTo("ArrayOfDatastoreHostMount"));
    }

    [Test]
    public void AnArrayOfAnUnknownTypeKeepsItsItems()
    {
        var array = (VimArray)VimXml.Read(Element("<val xsi:type=\"ArrayOfNovelty\"><Novelty><a>1</a></Novelty></val>"), "anyType");

        Assert.That(array.ElementTypeName, Is.EqualTo("Novelty"));
        Assert.That(array.Of<DynamicData>().Single().Raw?.Child("a").Value, Is.EqualTo("1"));
        Assert.That(Write(array, "anyType").Child("Novelty").Child("a").Value, Is.EqualTo("1"));
    }

    [Test]
    public void AnUnknownObjectIsKept()
    {
        var value = (DynamicData)VimXml.Read(Element("<val xsi:type=\"Novelty\"><a>1</a></val>"), "anyType");

        Assert.That((value.UnknownTypeName, value.Raw?.Child("a").Value), Is.EqualTo(("Novelty", "1")));
        Assert.That(Write(value, "anyType").XsiType(), Is.EqualTo("Novelty"));
    }

    [Test]
    public void WithoutATypeItIsText() => Assert.That(VimXml.Read(Element("<val>plain</val>"), "anyType"), Is.EqualTo("plain"));

    [Test]
    public void AnObjectIsReadInFull()
    {
        var change = VimXml.Read<PropertyChange>(Element("""
            <changeSet><name>config.hardware</name><op>assign</op><val xsi:type="VirtualHardware"><numCPU>4</numCPU><memoryMB>8</memoryMB></val></changeSet>
            """));

        Assert.That((change.Val as VirtualHardware)?.NumCPU, Is.EqualTo(4));
        Assert.That(VimXml.Read<PropertyChange>(Element("<changeSet><name>config</name><op>remove</op></changeSet>")).Val, Is.Null);
    }
}
