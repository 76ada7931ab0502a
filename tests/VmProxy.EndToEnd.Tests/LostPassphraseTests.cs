using VmProxy.LabTesting;
using VmProxy.Testing;

namespace VmProxy.EndToEnd.Tests;

/// <summary>The passphrase is lost, then VmProxy itself: a printed key and the store are enough.</summary>
sealed class LostPassphraseTests : EndToEndFixture
{
    [Test]
    public async Task A_printed_key_restores_with_and_without_VmProxy()
    {
        await StartLabAsync();
        (await RunAsync("backup")).Expect(Done);
        (await RunAsync("repo", "keys", "export-paper", "--to", Bench["sheet"])).Expect(Done);
        File.Delete(Bench["passphrase"]);
        (await RunAsync("points")).Expect(Usage, "Passphrase");

        var paper = $"file:{Bench["sheet"]}";
        var point = (await RunAsync("--json", "--paper-key", paper, "points")).Expect(Done).Json.GetProperty("points")[0].GetProperty("id").GetString()!;
        (await RunAsync("--paper-key", paper, "restore", "disk", point, "2000", "--to", Bench["ours.img"])).Expect(Done);
        Tool.Require("python3", "python3-cryptography python3-argon2 python3-zstandard");
        await Tool.RunAsync(
            "/usr/bin/python3",
            ["-B", ReaderScript, Bench.RepositoryFolder, "--paper-key", Bench["sheet"], "disk", point, "2000", "--to", Bench["theirs.img"]]);
        foreach (var file in new[] { "ours.img", "theirs.img" })
        {
            Assert.That(await LabBench.HashFileAsync(Bench[file]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)), file);
        }
    }

    static string ReaderScript
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "VmProxy.sln")))
            {
                folder = folder.Parent ?? throw new DirectoryNotFoundException("No VmProxy.sln above the tests.");
            }

            return Path.Combine(folder.FullName, "tools", "read_repository.py");
        }
    }
}
