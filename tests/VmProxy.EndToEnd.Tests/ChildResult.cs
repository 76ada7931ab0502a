using System.Text.Json;

namespace VmProxy.EndToEnd.Tests;

/// <summary>How a process ended, what it printed and what it took.</summary>
sealed record ChildResult(int Code, string Output, string Errors, TimeSpan Duration, TimeSpan ProcessorTime, long PeakAnonymousMemory)
{
    /// <summary>Killed by signal 9.</summary>
    public const int Killed = 137;

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public override string ToString() => $"exit {Code}\n{Output}\n{Errors}";

    /// <summary>The process ended with this code, and said all of these.</summary>
    public ChildResult Expect(int code, params string[] said)
    {
        Assert.That(Code, Is.EqualTo(code), ToString());
        foreach (var words in said)
        {
            Assert.That(ToString(), Does.Contain(words));
        }

        Assert.That(ToString(), Does.Not.Contain("   at VmProxy"), "a stack trace is for bugs");
        return this;
    }
}
