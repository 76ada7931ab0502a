using VmProxy.Cli.Output;
using VmProxy.Engine.Failures;
using VmProxy.Testing;

namespace VmProxy.Cli.Tests;

/// <summary>Names that a guest chose do not steer the terminal of whoever looks at them.</summary>
sealed class HostileNameTests : CliFixture
{
    const string Name = "/\u001b]0;owned\u0007";

    [Test]
    public async Task A_failure_is_printed_harmless_and_told_exactly_in_json()
    {
        using var place = new TempFolder();
        await using (var file = File.Create(place["disk.img"]))
        {
            file.SetLength(8 << 20);
        }

        await Tool.RunAsync(Tool.Require("mke2fs", "e2fsprogs"), ["-q", "-F", "-t", "ext4", place["disk.img"]]);
        var told = Expect(await RunPlainAsync("inspect", "disk", place["disk.img"], "cat", Name), ExitCodes.Failed, @"/\x1b]0;owned\x07");
        Assert.That(told.ToString(), Does.Not.Contain('\u001b'));
        var json = Expect(await RunPlainAsync("--json", "inspect", "disk", place["disk.img"], "cat", Name), ExitCodes.Failed);
        Assert.That(json.Json.GetProperty("error").GetProperty("message").GetString(), Does.Contain(Name));
    }

    [Test]
    public void All_of_a_failure_is_harmless()
    {
        var line = new Failure("CODE", Name, Name, Name, Name).Line();
        Assert.That(line.Any(char.IsControl), Is.False);
        Assert.That(line, Does.Contain("[CODE]"));
    }

    [Test]
    public void A_progress_bar_is_named_harmlessly() =>
        Assert.That(ProgressDisplay.Description("[red]" + Name), Is.EqualTo(@"[[red]]/\x1b]]0;owned\x07"));
}
