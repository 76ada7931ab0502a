using System.Text.RegularExpressions;

namespace VmProxy.House.Tests;

/// <summary>Stable codes are what scripts rely on: each is a constant, and a test brings it about.</summary>
sealed partial class StableCodeTests
{
    static IEnumerable<string> Sources => House.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));

    [Test]
    public void Each_is_named_by_a_test()
    {
        var tests = string.Concat(House.Files
            .Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)).Select(House.ReadText));
        var named = Word().Matches(tests).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var codes = Sources.SelectMany(file => Constant().Matches(House.ReadText(file))).Select(match => (Name: match.Groups[1].Value, Code: match.Groups[2].Value)).ToArray();
        Assert.That(codes, Has.Length.GreaterThan(200), "the pattern still finds them");
        Assert.That(codes.Where(code => !named.Contains(code.Code) && !named.Contains("." + code.Name)).Select(code => code.Code), Is.Empty, "no test brings these about");
    }

    [GeneratedRegex("""const string (\w+) = "([A-Z][A-Z0-9]*_[A-Z0-9_]+)";""")]
    private static partial Regex Constant();

    [GeneratedRegex(@"\.?\w+")]
    private static partial Regex Word();
}
