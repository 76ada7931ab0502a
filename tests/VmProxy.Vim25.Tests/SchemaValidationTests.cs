using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using CsCheck;

namespace VmProxy.Vim25.Tests;

/// <summary>.NET's own schema validator as judge of what we write: order, optionality, types, xsi:type.</summary>
public class SchemaValidationTests
{
    private static readonly Lazy<XmlSchemaSet> Schemas = new(Load);

    [Test]
    public void EveryRequestFollowsTheSchema()
    {
        foreach (var operation in VimSchema.Operations.Keys)
        {
            Validate(new RandomObjects(operation.Length, RandomObjects.HardTexts).Request(operation));
        }
    }

    [Test]
    public void RandomRequestsFollowTheSchema() =>
        Gen.Select(Gen.OneOf([.. VimSchema.Operations.Keys.Order(StringComparer.Ordinal)]), Gen.Int).Sample(
            (operation, seed) => Validate(new RandomObjects(seed, RandomObjects.HardTexts).Request(operation)), iter: 1500, threads: 2);

    [Test]
    public void TheValidatorRefusesAWrongOrder()
    {
        var login = Xml.Write(new LoginRequest { This = new("SessionManager", "s"), UserName = "u", Password = "p" });
        var password = login.Child("password");
        password.Remove();
        login.Child("_this").AddAfterSelf(password);
        Assert.That(Problems(login), Is.Not.Empty);
    }

    private static void Validate(VimRequest request)
    {
        var written = Xml.Write(request);
        Assert.That(Problems(written), Is.Empty, written.ToString());
    }

    private static List<string> Problems(XElement element)
    {
        var problems = new List<string>();
        XDocument.Parse(element.ToString()).Validate(Schemas.Value, (_, e) => problems.Add(e.Message));
        return problems;
    }

    /// <summary>wsdl/ and an ArrayOf type for each type, which the wire has and wsdl/ leaves out as they say nothing new.</summary>
    private static XmlSchemaSet Load()
    {
        var set = new XmlSchemaSet { XmlResolver = new XmlUrlResolver() };
        set.Add(null, Repository.File("wsdl", "vim25-internal.xsd"));
        set.Add(null, Repository.File("wsdl", "vim25-messages.xsd"));
        var arrays = new StringBuilder("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:vim25\" targetNamespace=\"urn:vim25\" elementFormDefault=\"qualified\">");
        string[] builtIn = ["string", "int", "long", "boolean", "byte", "dateTime"];
        foreach (var type in VimSchema.Types.Keys.Append("ManagedObjectReference").Concat(builtIn))
        {
            var qualified = builtIn.Contains(type) ? "xs:" + type : type;
            arrays.Append($"<xs:complexType name=\"{VimNames.ArrayOf(type)}\"><xs:sequence><xs:element name=\"{type}\" type=\"{qualified}\" minOccurs=\"0\" maxOccurs=\"unbounded\"/></xs:sequence></xs:complexType>");
        }

        set.Add(null, XmlReader.Create(new StringReader(arrays.Append("</xs:schema>").ToString())));
        set.Compile();
        return set;
    }
}
