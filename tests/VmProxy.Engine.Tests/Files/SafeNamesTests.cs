using CsCheck;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;

namespace VmProxy.Engine.Tests.Files;

sealed class SafeNamesTests
{
    [TestCase("..")]
    [TestCase(".")]
    [TestCase("")]
    [TestCase("/etc/passwd")]
    [TestCase("a/../../b")]
    [TestCase("a//b")]
    [TestCase("a/")]
    [TestCase("a\0b")]
    public void A_name_that_could_lead_out_is_refused(string path) =>
        Assert.That(SafeNames.Refuse(path)?.Code, Is.EqualTo(ReasonCodesOfFiles.UnsafeName));

    [TestCase("a/...b/c..")]
    [TestCase("-rf")]
    [TestCase("C:\\Windows")]
    [TestCase("ä ö\n")]
    public void Whatever_else_a_guest_calls_its_files_is_taken(string path) => Assert.That(SafeNames.Refuse(path), Is.Null);

    [TestCase("a/CON", "a/%43ON")]
    [TestCase("nul.txt", "%6Eul.txt")]
    [TestCase("COM1", "%43OM1")]
    [TestCase("com10", "com10")]
    [TestCase("console", "console")]
    [TestCase("LPT¹", "%4CPT¹")]
    [TestCase("end. ", "end.%20")]
    [TestCase("end.", "end%2E")]
    [TestCase("C:\\x?y", "C%3A%5Cx%3Fy")]
    [TestCase("tab\there", "tab%09here")]
    [TestCase("plain ä 🐄/file.txt", "plain ä 🐄/file.txt")]
    [TestCase("100%", "100%")]
    [TestCase("100% ?", "100%25 %3F")]
    [TestCase("a%3F", "a%253F")]
    [TestCase("a%uD800", "a%25uD800")]
    public void Names_that_Windows_takes_for_something_else_are_escaped(string path, string portable) => Assert.That(SafeNames.Portable(path), Is.EqualTo(portable));

    [Test]
    public void No_portable_name_leads_out_or_is_a_device()
    {
        string[] parts = ["..", "CON", "aux.c", "C:", "a", "b ", @"\\?\", @"x\..\y", "NUL .txt", "...", "\u0001"];
        Gen.Int[0, parts.Length - 1].Select(i => parts[i]).Array[1, 4].Select(path => string.Join('/', path)).Where(path => SafeNames.Refuse(path) is null).Sample(path =>
        {
            var names = SafeNames.Portable(path).Split('/');
            Assert.That(names.Length, Is.EqualTo(path.Split('/').Length));
            foreach (var name in names)
            {
                Assert.That(name, Does.Not.Match("""[<>:"|?*\\\x00-\x1f]|[. ]$|^\.\.?$"""), path);
                Assert.That(name, Does.Not.Match("^(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\\..*)?$"), path);
            }
        });
    }

    [Test]
    public void No_two_names_become_one()
    {
        string[] units = ["%", "2", "5", "3", "F", "f", "?", "u", "D", "8", "0", "\uDC80", "\uD800", ".", " ", "C", "O", "N", "\u0001"];
        var part = Gen.Int[0, units.Length - 1].Select(i => units[i]).Array[1, 7].Select(string.Concat);
        var (portable, text) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        part.Where(name => SafeNames.Refuse(name) is null).Sample(
            name =>
            {
                Assert.That(portable.TryAdd(SafeNames.Portable(name), name) || portable[SafeNames.Portable(name)] == name, name);
                Assert.That(text.TryAdd(SafeNames.Text(name), name) || text[SafeNames.Text(name)] == name, name);
            },
            iter: 100_000, threads: 1);
    }

    [Test]
    public void A_terminal_is_not_steered_by_a_name()
    {
        Assert.That(SafeNames.Printable("a\u001b[31mb\nc\u202Edcba" + (char)0xDCFF), Is.EqualTo("a\\x1b[31mb\\x0ac\\u202edcba\\xff"));
        Assert.That(SafeNames.Printable("plain ä 🐄"), Is.EqualTo("plain ä 🐄"));
    }
}
