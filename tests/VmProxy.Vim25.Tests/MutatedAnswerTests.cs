using System.Text;
using System.Xml;
using CsCheck;

namespace VmProxy.Vim25.Tests;

/// <summary>Whatever bytes arrive, the reader ends with a value or a typed exception.</summary>
public class MutatedAnswerTests
{
    private static readonly string[] Splices =
        ["<", ">", "</", "&#x0;", "&amp;", "<![CDATA[", "xsi:type=\"VirtualDisk\"", " xsi:nil=\"true\"", "<returnval>", "\0", "é", "xmlns=\"\"", "<!--", "ArrayOf", "-1", "<?x?>"];

    [Test]
    public void NothingButTypedExceptionsOrValues() =>
        Gen.Int.Sample(
            seed =>
            {
                var answer = Mutate(seed);
                try
                {
                    SoapEnvelope.Read(new MemoryStream(answer), "RetrievePropertiesEx", reader => reader.Object<RetrieveResult>("RetrieveResult"));
                }
                catch (VimException)
                {
                    // What callers are promised.
                }
            },
            iter: 8000,
            threads: 2);

    private static byte[] Mutate(int seed)
    {
        var random = new Random(seed);
        var objects = new RandomObjects(seed, RandomObjects.HardTexts);
        var result = new RetrieveResult { Objects = [new ObjectContent { PropSet = [new DynamicProperty { Name = "a", Val = objects.Any(3) }, new DynamicProperty { Name = "b", Val = objects.Object("VirtualHardware") }] }] };
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            VimXml.Write(writer, "returnval", result, "RetrieveResult");
        }

        var bytes = Xml.Answer("RetrievePropertiesEx", text.ToString()).ToList();
        for (var count = random.Next(1, 6); count > 0 && bytes.Count > 0; count--)
        {
            MutateOnce(random, bytes);
        }

        return [.. bytes];
    }

    private static void MutateOnce(Random random, List<byte> bytes)
    {
        var at = random.Next(bytes.Count);
        var length = Math.Min(random.Next(1, 30), bytes.Count - at);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, length);
                break;
            case 2:
                bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                break;
            case 3:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Splices[random.Next(Splices.Length)]));
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.Add((byte)' ');
                break;
        }
    }
}
