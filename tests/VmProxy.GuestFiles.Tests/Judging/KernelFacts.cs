using System.Text.Json;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Judging;

/// <summary>What the kernel, or a FUSE file system, says of a mounted tree.</summary>
static class KernelFacts
{
    /// <summary>The facts of every file below a folder and of the folder itself (path "").</summary>
    public static async Task<IReadOnlyList<FileFacts>> OfAsync(string folder, bool withContent = true)
    {
        var script = Path.Combine(TestContext.CurrentContext.TestDirectory, "Judging", "tree_facts.py");
        string[] arguments = [script, folder, .. withContent ? Array.Empty<string>() : ["--no-content"]];
        var lines = await Tool.RunAsync(Tool.Require("python3", "python3"), arguments);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    static FileFacts Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var facts = document.RootElement;
        return new FileFacts(Name(facts.GetProperty("path")), Enum.Parse<GuestEntryKind>(facts.GetProperty("kind").GetString()!))
        {
            Id = facts.GetProperty("id").GetUInt64(),
            Size = facts.GetProperty("size").GetInt64(),
            Modified = Time(facts.GetProperty("modified")),
            Accessed = Time(facts.GetProperty("accessed")),
            Changed = Time(facts.GetProperty("changed")),
            Mode = facts.GetProperty("mode").GetInt32(),
            Owner = facts.GetProperty("owner").GetUInt32(),
            Group = facts.GetProperty("group").GetUInt32(),
            Links = facts.GetProperty("links").GetInt32(),
            Target = facts.TryGetProperty("target", out var target) ? Name(target) : null,
            Device = facts.TryGetProperty("device", out var device) ? (device[0].GetUInt32(), device[1].GetUInt32()) : null,
            Sha256 = facts.TryGetProperty("sha256", out var hash) ? hash.GetString() : null,
            Attributes = facts.GetProperty("attributes").EnumerateObject().ToDictionary(attribute => attribute.Name, attribute => attribute.Value.GetString()!),
        };
    }

    static string Name(JsonElement hexadecimal) => GuestName.FromBytes(Convert.FromHexString(hexadecimal.GetString()!));

    static GuestTime Time(JsonElement nanoseconds)
    {
        // Python gives whole nanoseconds of any size.
        var whole = Int128.Parse(nanoseconds.GetRawText(), System.Globalization.CultureInfo.InvariantCulture);
        var rest = (int)(((whole % 1_000_000_000) + 1_000_000_000) % 1_000_000_000);
        return new GuestTime((long)((whole - rest) / 1_000_000_000), rest);
    }
}
