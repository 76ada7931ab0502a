using System.Text.Json;
using VmProxy.LabTesting;

namespace VmProxy.Cli.Tests;

/// <summary><c>vmproxy repo keys</c>, and opening with each kind of key.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
sealed class KeysCommandTests : CliFixture
{
    [Test]
    public async Task A_disk_is_restored_with_the_paper_key_after_the_passphrase_was_lost()
    {
        await StartAsync(repository: false);
        Expect(await RunAsync("repo", "init"), ExitCodes.Done, "export-paper");
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var sheet = Expect(await RunAsync("repo", "keys", "export-paper", "--label", "safe"), ExitCodes.Done, "PAPER KEY", "1: ", "6: ").Output;
        Expect(await RunAsync("repo", "keys", "list"), ExitCodes.Done, "paper key", "safe", "passphrase", "now");

        // What is left: the store, the printed sheet typed off, and a configuration whose passphrase leads nowhere.
        await File.WriteAllTextAsync(Bench["typed"], sheet.ToLowerInvariant());
        File.Delete(Bench["passphrase"]);
        Expect(await RunAsync("points"), ExitCodes.Usage, "Passphrase");
        var points = (await RunAsync("--json", "--paper-key", $"file:{Bench["typed"]}", "points")).Json.GetProperty("points");
        var point = points[0].GetProperty("id").GetString()!;
        Expect(await RunAsync("--paper-key", $"file:{Bench["typed"]}", "restore", "disk", point, "2000", "--to", Bench["out.img"]), ExitCodes.Done);
        Assert.That(await LabBench.HashFileAsync(Bench["out.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));

        await File.WriteAllTextAsync(Bench["typo"], sheet.Replace("3: ", "3: Y", StringComparison.Ordinal));
        var failed = Expect(await RunAsync("--json", "--paper-key", $"file:{Bench["typo"]}", "points"), ExitCodes.Failed, "line 3 has 13 letters");
        Assert.That(failed.Json.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("REPO_KEY_MALFORMED"));

        // The paper opens the way back to a passphrase.
        await File.WriteAllTextAsync(Bench["passphrase"], "a new passphrase");
        Expect(await RunAsync("points"), ExitCodes.Failed, "REPO_WRONG_KEY");
        Expect(await RunAsync("--paper-key", $"file:{Bench["typed"]}", "repo", "keys", "add", "--new-passphrase", $"file:{Bench["passphrase"]}"), ExitCodes.Done);
        Expect(await RunAsync("points"), ExitCodes.Done, point);
    }

    [Test]
    public async Task Keys_are_added_changed_rotated_and_removed()
    {
        await StartAsync();
        Expect(await RunAsync("repo", "keys", "add", "--make-key-file", Bench["key"], "--label", "proxy02"), ExitCodes.Done, "key file");
        Assert.That(File.GetUnixFileMode(Bench["key"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Expect(await RunAsync("repo", "keys", "add", "--make-key-file", Bench["key"]), ExitCodes.Usage, "--make-key-file");
        Expect(await RunAsync("repo", "keys", "add", "--new-key-file", $"file:{Bench["key"]}"), ExitCodes.Failed, "REPO_KEY_REFUSED", "proxy02");
        Expect(await RunAsync("repo", "keys", "add"), ExitCodes.Usage, "no terminal");
        Expect(await RunAsync("repo", "keys", "add", "--new-passphrase", "secret"), ExitCodes.Usage, "--new-passphrase", "env:NAME or file:PATH");
        Expect(await RunAsync("repo", "keys", "rotate"), ExitCodes.Done, "epoch 2");

        var keys = (await RunAsync("--json", "repo", "keys", "list")).Json;
        Assert.That((keys.GetProperty("epochs").GetInt32(), keys.GetProperty("keys").GetArrayLength()), Is.EqualTo((2, 2)));
        var initial = Id(keys, "passphrase");
        Expect(await RunAsync("repo", "keys", "remove", initial), ExitCodes.Failed, "REPO_KEY_REFUSED", "another one");
        Expect(await RunAsync("repo", "keys", "remove", Id(keys, "keyFile"), "--keep-key-file", $"file:{Bench["key"]}"), ExitCodes.Usage, "--rekey");

        // The key file takes over, and the passphrase goes with the master key.
        var repository = Bench.Root["Repositories"]![0]!.AsObject();
        repository.Remove("Passphrase");
        repository["KeyFile"] = $"file:{Bench["key"]}";
        Expect(await RunAsync("repo", "keys", "remove", initial, "--rekey"), ExitCodes.Done, "The master key is new");
        keys = (await RunAsync("--json", "repo", "keys", "list")).Json;
        Assert.That(keys.GetProperty("keys").EnumerateArray().Single().GetProperty("inUse").GetBoolean(), Is.True);
        await File.WriteAllTextAsync(Bench["new"], "the next passphrase\n");
        Expect(await RunAsync("repo", "keys", "change", "--new-passphrase", $"file:{Bench["new"]}"), ExitCodes.Done, "Change the configuration");
        Expect(await RunAsync("points"), ExitCodes.Failed, "REPO_WRONG_KEY");
        repository.Remove("KeyFile");
        repository["Passphrase"] = $"file:{Bench["new"]}";
        Expect(await RunAsync("points"), ExitCodes.Done);
    }

    static string Id(JsonElement keys, string kind) => keys.GetProperty("keys").EnumerateArray()
        .Single(key => key.GetProperty("kind").GetString() == kind).GetProperty("id").GetString()!;
}
