using System.Text;
using System.Xml;

namespace VmProxy.Vim25.Tests;

/// <summary>Large answers are read in one forward pass: their cost follows what they hold, and no tree of them is ever built.</summary>
public class LargeAnswerTests
{
    private const int Devices = 20_000;

    [Test]
    public void TwentyThousandDevicesCostLittleMoreThanThemselves()
    {
        var answer = CreateAnswer();
        RetrieveResult? result = null;
        var before = GC.GetAllocatedBytesForCurrentThread();

        SoapEnvelope.Read(new MemoryStream(answer), "RetrievePropertiesEx", reader => result = reader.Object<RetrieveResult>("RetrieveResult"));

        var perDevice = (GC.GetAllocatedBytesForCurrentThread() - before) / Devices;
        var devices = ((VimArray)result!.Objects[0].PropSet[0].Val!).Of<VirtualDisk>();
        Assert.That(devices, Has.Count.EqualTo(Devices));
        Assert.That(devices[^1].Backing, Is.InstanceOf<VirtualDiskFlatVer2BackingInfo>());
        Assert.That(perDevice, Is.LessThan(2_000), $"{answer.Length} bytes");
    }

    private static byte[] CreateAnswer()
    {
        var disk = new VirtualDisk
        {
            Key = 2000,
            DeviceInfo = new Description { Label = "Hard disk 1", Summary = "16 GB" },
            Backing = new VirtualDiskFlatVer2BackingInfo { FileName = "[ds1] web01/web01.vmdk", Datastore = new("Datastore", "datastore-11"), DiskMode = "persistent", Uuid = "6000C29a", ContentId = "c", ChangeId = "52 de/1" },
            ControllerKey = 1000,
            UnitNumber = 0,
            CapacityInKB = 16 << 20,
            CapacityInBytes = 16L << 30,
        };
        var array = new VimArray("VirtualDevice", [.. Enumerable.Repeat<object>(disk, Devices)]);
        var result = new RetrieveResult { Objects = [new ObjectContent { PropSet = [new DynamicProperty { Name = "config.hardware.device", Val = array }] }] };
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            VimXml.Write(writer, "returnval", result, "RetrieveResult");
        }

        return Xml.Answer("RetrievePropertiesEx", text.ToString());
    }
}
