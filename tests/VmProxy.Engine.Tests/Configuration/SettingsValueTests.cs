using CsCheck;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Configuration.Binding;
using VmProxy.Engine.Selection;

namespace VmProxy.Engine.Tests.Configuration;

sealed class SettingsValueTests
{
    [TestCase("0", ExpectedResult = 0L)]
    [TestCase("65536", ExpectedResult = 65_536L)]
    [TestCase("64 KiB", ExpectedResult = 65_536L)]
    [TestCase(" 1.5gib ", ExpectedResult = 1_610_612_736L)]
    [TestCase("2TB", ExpectedResult = 2_000_000_000_000L)]
    [TestCase("7 B", ExpectedResult = 7L)]
    [TestCase("9223372036854775807", ExpectedResult = long.MaxValue)]
    [TestCase("9223372036854775808", ExpectedResult = null)]
    [TestCase("8388608 TiB", ExpectedResult = null)]
    [TestCase("-1", ExpectedResult = null)]
    [TestCase("1.3 B", ExpectedResult = null)]
    [TestCase("KiB", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    [TestCase(null, ExpectedResult = null)]
    public long? Size(string? text) => ByteSize.TryParse(text, out var size) ? size.Bytes : null;

    [Test]
    public void A_size_reads_back_as_it_prints() =>
        Gen.Select(Gen.Long[0, 1 << 20], Gen.Int[0, 40]).Sample((number, shift) =>
        {
            var size = new ByteSize(number << shift);
            return ByteSize.TryParse(size.ToString(), out var again) && again == size;
        });

    [TestCase("", "abc", ExpectedResult = 3)]
    [TestCase("abc", "", ExpectedResult = 3)]
    [TestCase("kitten", "sitting", ExpectedResult = 3)]
    [TestCase("same", "same", ExpectedResult = 0)]
    public int Distance(string a, string b) => NearestKey.Distance(a, b);

    [TestCase("web01", ExpectedResult = true)]
    [TestCase("WEB-test", ExpectedResult = false)]
    [TestCase("db01", ExpectedResult = true)]
    [TestCase("db011", ExpectedResult = false)]
    [TestCase(@"a\b", ExpectedResult = true)]
    public bool Selected(string name) => new VmSelection(["web*", "db?1", @"a\b"], ["*-test"]).Selects(name);

    [Test]
    public void Patterns_that_fit_nothing_are_named() =>
        Assert.That(new VmSelection(["web*", "gone", "DB01"], ["db01"]).WithoutMatch([new VmFacts { Name = "web1" }, new VmFacts { Name = "db01" }]), Is.EqualTo(new[] { "gone" }));
}
