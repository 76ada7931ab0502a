using System.Text.RegularExpressions;
using VmProxy.Vsphere;

namespace VmProxy.House.Tests;

sealed partial class DocumentTests
{
    static IEnumerable<string> Documents => House.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal));

    static IEnumerable<string> Changes => House.Files.Where(file => file.StartsWith("changelog/unreleased/", StringComparison.Ordinal));

    [TestCaseSource(nameof(Documents))]
    public void Links_lead_somewhere(string document)
    {
        foreach (var target in Link().Matches(WithoutCode(House.ReadText(document))).Select(match => match.Groups[1].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = target.Split('#', 2);
            var folder = Path.GetDirectoryName(document)!;
            var file = parts[0].Length == 0 ? document : Path.GetRelativePath(House.Root, Path.GetFullPath(House.Full(Path.Combine(folder, parts[0]))));
            Assert.That(House.Exists(file), $"{document} links to {target}, which is not there.");
            if (parts.Length == 2)
            {
                Assert.That(Anchors(file), Does.Contain(parts[1]), $"{document} links to a heading that is not there.");
            }
        }
    }

    [TestCaseSource(nameof(Changes))]
    public void A_change_is_told_as_the_changelog_asks(string change)
    {
        var text = House.ReadText(change);
        Assert.That(Path.GetFileName(change), Does.Match("^[a-z0-9]+(-[a-z0-9]+)*\\.md$"), "kebab-case.md");
        Assert.That(text, Does.StartWith("VmProxy "), "It begins with VmProxy, as changelog/README.md says.");
        Assert.That(text.TrimEnd('\n'), Does.EndWith(".").And.Not.Contain("\n\n"), "One paragraph of whole sentences.");
        Assert.That(SentenceEnd().Count(text), Is.InRange(1, 3), "One to three sentences.");
        Assert.That(PastOrFuture().IsMatch(text), Is.False, "Present tense: what the program does now.");
    }

    [Test]
    public void The_readme_names_the_two_commands_and_every_exit_code()
    {
        var readme = House.ReadText("README.md");
        Assert.That(readme, Does.Contain("tools/demo.sh").And.Contain("tools/test.sh"));
        Assert.That(Enumerable.Range(0, 4).Where(code => !readme.Contains($"\n| {code} | ", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Operations_names_every_privilege_that_doctor_asks_for()
    {
        var text = House.ReadText("docs/OPERATIONS.md");
        Assert.That(Privileges.Backup.Concat(Privileges.Proxy).Concat(Privileges.Files).Concat(Privileges.Encrypted).Concat(Privileges.EncryptedProxy).Where(privilege => !text.Contains(privilege, StringComparison.Ordinal)), Is.Empty);
    }

    static string WithoutCode(string text) => CodeBlock().Replace(text, "");

    static IEnumerable<string> Anchors(string document) => Heading().Matches(CodeBlock().Replace(House.ReadText(document), ""))
        .Select(match => NotInAnchor().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\[[^\]\n]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?s)```.*?```|`[^`\n]*`")]
    private static partial Regex CodeBlock();

    [GeneratedRegex("(?m)^#{1,6} (.+)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"\.(\s|$)")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"^VmProxy (added|fixed|changed|will|has been|was)\b")]
    private static partial Regex PastOrFuture();
}
