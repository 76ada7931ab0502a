using System.Xml.Linq;

namespace VmProxy.Vim25.Tests;

public class ReadingTests
{
    [Test]
    public void AnElementInTheMiddleThatIsNotKnownLosesNothing()
    {
        var disk = VimXml.Read<VirtualDisk>(Element("""
            <d xsi:type="VirtualDisk"><key>2000</key>
            <backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds] a.vmdk</fileName><diskMode>persistent</diskMode><changeId>52/1</changeId></backing>
            <controllerKey>1000</controllerKey><unitNumber>0</unitNumber><numaNode>1</numaNode>
            <capacityInKB>16</capacityInKB><capacityInBytes>16384</capacityInBytes></d>
            """));

        Assert.That(disk.CapacityInBytes, Is.EqualTo(16384));
        Assert.That((disk.Backing as VirtualDiskFlatVer2BackingInfo)?.ChangeId, Is.EqualTo("52/1"));
    }

    private static XElement Element(string xml) => XElement.Parse(
        "<x xmlns=\"urn:vim25\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">" + xml + "</x>").Elements().Single();
}
