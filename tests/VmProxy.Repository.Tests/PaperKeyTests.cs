using System.Security.Cryptography;
using VmProxy.Repository.Keys;

namespace VmProxy.Repository.Tests;

/// <summary>What is typed from paper is the key, or the line with the error is named.</summary>
public sealed class PaperKeyTests
{
    [Test]
    public void It_is_read_as_people_type_it()
    {
        var secret = RandomNumberGenerator.GetBytes(PaperKey.Length);
        var lines = PaperKey.Format(secret);
        Assert.That(lines, Is.All.Match("^[1-6]: [0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$"));
        Assert.That(lines, Has.Count.EqualTo(6));
        var sheet = "Repository 12: none\r\n" + string.Join("\r\n", lines) + "\r\nPut it into 2 safes.\r\n";
        string[] ways =
        [
            sheet, sheet.ToLowerInvariant(), sheet.Replace("-", "", StringComparison.Ordinal), string.Join('\n', lines.Reverse()),
            string.Join("\n\n", lines.Select(line => "  " + line[..1] + " :" + line[2..].Replace('-', ' ').Replace('0', 'o').Replace('1', 'l'))),
        ];
        foreach (var way in ways)
        {
            Assert.That(PaperKey.Parse(way), Is.EqualTo(secret), way);
        }
    }

    [Test]
    public void The_fixed_example_of_the_format_is_read()
    {
        // Computed by tools/repository_reader from docs/FORMAT.md.
        var secret = Enumerable.Range(0, 30).Select(number => (byte)number).ToArray();
        Assert.That(PaperKey.Format(secret), Is.EqualTo(new[]
        {
            "1: 000G-40R4-5VX1", "2: 0M30-E209-4EEE", "3: 185G-R38E-Q47N",
            "4: 1W81-24GK-B60T", "5: 2GAH-C5RR-GADA", "6: 34D1-P70X-N3TM",
        }));
    }

    [Test]
    public void Every_single_typing_error_is_found_in_its_line()
    {
        var lines = PaperKey.Format(RandomNumberGenerator.GetBytes(PaperKey.Length));
        var missed = 0;
        foreach (var (line, number) in lines.Select((line, number) => (line, number)))
        {
            for (var at = 3; at < line.Length; at++)
            {
                if (line[at] != '-')
                {
                    var typed = lines.ToArray();
                    typed[number] = line[..at] + (line[at] == 'Z' ? 'Y' : 'Z') + line[(at + 1)..];
                    missed += Problem(typed).Contains($": line {number + 1} has a typing error.", StringComparison.Ordinal) ? 0 : 1;
                }
            }
        }

        Assert.That(missed, Is.Zero, "one in a million may slip through, and this is 72");
    }

    [Test]
    public void Lines_that_lack_have_strangers_or_changed_places_are_named()
    {
        var lines = PaperKey.Format(RandomNumberGenerator.GetBytes(PaperKey.Length)).ToArray();
        Assert.That(Problem([.. lines[..2], lines[2][..^1], .. lines[4..]]), Does.Contain("line 3 has 11 letters").And.Contain("line 4 is missing"));
        Assert.That(Problem([.. lines[..5], "6: U" + lines[5][4..]]), Does.Contain("line 6 holds 'U'"));
        Assert.That(Problem(["1" + lines[1][1..], "2" + lines[0][1..], .. lines[2..]]), Does.Contain("line 1 has a typing error; line 2 has a typing error"));
        Assert.That(Problem([""]), Does.Contain("line 1 is missing").And.Contain("line 6 is missing"));
    }

    [Test]
    public void A_key_file_must_be_long_and_random()
    {
        Assert.That(() => RepositoryKey.FromKeyFile(RandomNumberGenerator.GetBytes(31)), Malformed("31 bytes"));
        Assert.That(() => RepositoryKey.FromKeyFile("passwordpasswordpasswordpassword\n"u8), Malformed("random"));
        Assert.That(() => RepositoryKey.FromPassphrase(""), Malformed("empty"));
        Assert.That(
            RepositoryKey.FromKeyFile("h2kZ0pYw8bq1Xc5Vn7Ls3Jd9Fg4Ht6Ra\r\n"u8).Secret, Is.EqualTo(RepositoryKey.FromKeyFile("h2kZ0pYw8bq1Xc5Vn7Ls3Jd9Fg4Ht6Ra"u8).Secret));
    }

    static NUnit.Framework.Constraints.IResolveConstraint Malformed(string word) =>
        Throws.InstanceOf<RepositoryException>().With.Property("Code").EqualTo(RepositoryErrorCodes.KeyMalformed).And.Message.Contains(word);

    static string Problem(string[] lines)
    {
        var error = Assert.Throws<RepositoryException>(() => PaperKey.Parse(string.Join('\n', lines)))!;
        return error.Message;
    }
}
