using System.Text.RegularExpressions;

namespace VmProxy.House.Tests;

sealed partial class SourceTests
{
    const int MaxLines = 600;

    static readonly string[] CodeEndings = [".cs", ".sh", ".py", ".sql", ".go", ".js"];

    static IEnumerable<string> Code => House.Files.Where(file => CodeEndings.Contains(Path.GetExtension(file)));

    // This file holds the words that it looks for.
    static IEnumerable<string> CSharp => Code.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !file.EndsWith("/SourceTests.cs", StringComparison.Ordinal));

    [TestCaseSource(typeof(House), nameof(House.Projects))]
    public void A_project_says_what_lives_there(Project project)
    {
        var readme = project.Folder + "/README.md";
        Assert.That(House.Exists(readme), $"{project.Name} needs {readme}: a few lines on what lives there, what it may know, and where to start reading.");
        Assert.That(House.ReadText(readme).Length, Is.GreaterThan(100), $"{readme} says too little.");
    }

    [Test]
    public void No_file_is_too_long() => Assert.That(
        Code.Select(file => (File: file, Lines: House.ReadText(file).Count(character => character == '\n'))).Where(file => file.Lines > MaxLines),
        Is.Empty,
        $"One idea a file, {MaxLines} lines at most: split it.");

    [TestCaseSource(nameof(Habits))]
    public void Habits_that_we_do_not_have(Regex habit, string instead)
    {
        var found = CSharp.SelectMany(file => House.ReadText(file).Split('\n')
            .Select((line, index) => (File: file, Number: index + 1, Line: line.Trim())))
            .Where(line => habit.IsMatch(line.Line));
        Assert.That(found, Is.Empty, instead);
    }

    static IEnumerable<TestCaseData> Habits()
    {
        yield return new TestCaseData(Region(), "Split the file instead of folding it.").SetName("No regions");
        yield return new TestCaseData(Unfinished(), "Finish it, or leave it out.").SetName("Nothing unfinished");
        yield return new TestCaseData(Block(), "File-scoped namespaces.").SetName("No block namespaces");
        yield return new TestCaseData(Ignored(), "Nothing is skipped: a test that cannot run is removed or repaired.").SetName("No ignored tests");
    }

    [GeneratedRegex(@"^#(end)?region\b")]
    private static partial Regex Region();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^namespace [\w.]+\s*\{?$")]
    private static partial Regex Block();

    [GeneratedRegex(@"^\[.*(?<!\.)\b(Ignore|Explicit)\b.*\]|Assert\.(Ignore|Inconclusive)\(")]
    private static partial Regex Ignored();
}
