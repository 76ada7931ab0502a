using CsCheck;

namespace VmProxy.Vim25.Tests;

/// <summary>What is written is what is read, for every type of the schema.</summary>
public class RoundTripTests
{
    private static readonly string[] Types = [.. VimSchema.Types.Values.Where(type => !type.IsEnum).Select(type => type.Name).Order(StringComparer.Ordinal)];

    private static readonly string[] Operations = [.. VimSchema.Operations.Keys.Order(StringComparer.Ordinal)];

    [Test]
    public void EveryTypeSurvivesWritingAndReading()
    {
        foreach (var type in Types)
        {
            Check(new RandomObjects(type.Length, RandomObjects.HardTexts).Object(type));
        }
    }

    [Test]
    public void RandomObjectsSurviveWritingAndReading() =>
        Gen.Select(Gen.OneOf(Types), Gen.Int).Sample(
            (type, seed) => Check(new RandomObjects(seed, RandomObjects.HardTexts).Object(type)), iter: 3000, threads: 2);

    [Test]
    public void RandomValuesOfAnyTypeSurvive() =>
        Gen.Int.Sample(
            seed =>
            {
                var value = new RandomObjects(seed, RandomObjects.HardTexts).Any(3);
                return Same.Difference(value, VimXml.Read(Xml.Write(value, "anyType"), "anyType")) is null;
            },
            iter: 3000,
            threads: 2);

    [Test]
    public void EveryRequestSurvivesWritingAndReading() =>
        Gen.Select(Gen.OneOf(Operations), Gen.Int).Sample(
            (operation, seed) =>
            {
                var request = new RandomObjects(seed, RandomObjects.HardTexts).Request(operation);
                var read = VimXml.ReadRequest(Xml.Write(request));
                Assert.That(Same.Difference(request, read), Is.Null, operation);
            },
            iter: 1000,
            threads: 2);

    [Test]
    public void FieldsAreFoundByTheirNamesOnTheWire()
    {
        foreach (var type in Types)
        {
            var value = new RandomObjects(1, RandomObjects.HardTexts).Object(type);
            foreach (var field in VimSchema.AllFields(VimSchema.Types[type]))
            {
                var any = value.GetField(field.Name);
                var direct = RandomObjects.PropertyOf(value, field.Name).GetValue(value);
                var plain = any switch
                {
                    _ when field is { TypeName: "anyType", IsArray: false } => any,
                    VimEnumValue constant => constant.Value,
                    VimArray { Items: var items } => items.Select(item => item is VimEnumValue constant && field.TypeName != "anyType" ? constant.Value : item),
                    _ => any,
                };
                Assert.That(Same.Difference(plain, direct), Is.Null, $"{type}.{field.Name}");
            }

            Assert.That(value.GetField("noSuchField"), Is.Null);
        }
    }

    private static void Check(DataObject value)
    {
        var written = Xml.Write(value, "anyType");
        var read = VimXml.Read(written, "anyType");
        Assert.That(Same.Difference(value, read), Is.Null, value.TypeName);
        Assert.That(Xml.Write(read, "anyType").ToString(), Is.EqualTo(written.ToString()), value.TypeName);
    }
}
