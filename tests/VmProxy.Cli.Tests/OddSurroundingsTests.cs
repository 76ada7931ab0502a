using System.Text.Json.Nodes;
using VmProxy.LabTesting;

namespace VmProxy.Cli.Tests;

/// <summary>Folders, files and repositories that are not as they should be.</summary>
sealed class OddSurroundingsTests : CliFixture
{
    [Test]
    public async Task Of_two_repositories_the_one_that_opens_is_listed_and_the_other_named()
    {
        await StartAsync();
        Bench.Job["Repository"] = "main";
        Bench.Root["Repositories"]!.AsArray().Add(new JsonObject { ["Name"] = "second", ["Path"] = Bench["nowhere"], ["Passphrase"] = "file:passphrase" });
        var backup = Expect(await RunAsync("--json", "backup"), ExitCodes.Done);
        var point = backup.Json.GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;
        Expect(await RunAsync("points"), ExitCodes.Warnings, point, "second", "REPO_NOT");
        Expect(await RunAsync("point", "show", point), ExitCodes.Done, point);
        Expect(await RunAsync("point", "show", "2020"), ExitCodes.Failed, "REPO_POINT_NOT_FOUND", "nowhere");
        Expect(await RunAsync("verify"), ExitCodes.Failed, point, "whole", "second");
    }

    [Test]
    public async Task Points_and_bases_outlive_the_catalog()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        Directory.Delete(Bench["state"], recursive: true);
        Expect(await RunAsync("points"), ExitCodes.Done, "web01");
        Expect(await RunAsync("verify"), ExitCodes.Done, "whole");
        Expect(await RunAsync("backup"), ExitCodes.Done, "incremental");
        Assert.That((await RunAsync("--json", "points")).Json.GetProperty("points").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task Damage_is_remembered_though_the_catalog_was_lost()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        Directory.Delete(Bench["state"], recursive: true);
        var pack = new DirectoryInfo(Bench.RepositoryFolder).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        var bytes = await File.ReadAllBytesAsync(pack.FullName);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(pack.FullName, bytes);
        Expect(await RunAsync("verify"), ExitCodes.Failed, "DAMAGED");
        Expect(await RunAsync("backup"), ExitCodes.Done, "full", "CBT_NO_BASE");
    }

    [Test]
    public async Task A_damaged_catalog_is_named_and_points_are_still_listed()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        foreach (var file in Directory.EnumerateFiles(Bench["state"]))
        {
            await File.WriteAllTextAsync(file, "This is no database. " + new string('x', 5000));
        }

        Expect(await RunAsync("points"), ExitCodes.Done, "web01");
        Expect(await RunAsync("verify"), ExitCodes.Done, "whole");
        Expect(await RunAsync("backup"), ExitCodes.Failed, "CATALOG_");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_file_where_the_state_folder_should_be()
    {
        await StartAsync();
        if (Directory.Exists(Bench["state"]))
        {
            Directory.Delete(Bench["state"], recursive: true);
        }

        await File.WriteAllTextAsync(Bench["state"], "");
        Expect(await RunAsync("backup"), ExitCodes.Failed, "CATALOG_", Bench["state"]);
    }

    [TestCase("missing/out.img", "missing")]
    [TestCase("password/out.img", "password")]
    [TestCase(".", ".")]
    public async Task Where_nothing_can_be_restored_to(string to, string named)
    {
        await StartAsync();
        var point = (await RunAsync("--json", "backup")).Json.GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;
        foreach (var format in new[] { "raw", "qcow2" })
        {
            Expect(await RunAsync("restore", "disk", point, "2000", "--format", format, "--to", Bench[to]), ExitCodes.Failed, Path.GetFullPath(Bench[named]));
        }
    }

    [Test]
    public async Task A_disk_is_given_back_though_vcenters_secret_and_a_script_of_the_job_are_lost()
    {
        await StartAsync();
        var point = (await RunAsync("--json", "backup")).Json.GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;
        File.Delete(Bench["password"]);
        Bench.Job["FreezeCommand"] = new System.Text.Json.Nodes.JsonArray("/nowhere/freeze");
        Bench.SaveConfiguration();
        Expect(await RunAsync("backup"), ExitCodes.Usage, "VmProxy:VCenters:0:Password", "VmProxy:Jobs:0:FreezeCommand");
        Expect(await RunAsync("points"), ExitCodes.Done, point);
        Expect(await RunAsync("verify", point), ExitCodes.Done);
        Expect(await RunAsync("restore", "disk", point, "2000", "--to", Bench["back.img"]), ExitCodes.Done);
        Assert.That(await LabBench.HashFileAsync(Bench["back.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
    }

    [Test]
    public async Task Beginnings_of_points()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        Expect(await RunAsync("point", "show", ""), ExitCodes.Failed, "REPO_POINT_NOT_FOUND");
        Expect(await RunAsync("backup"), ExitCodes.Done);
        Expect(await RunAsync("point", "show", "20"), ExitCodes.Failed, "2 points begin with this");
    }

    [Test]
    public async Task Json_is_a_document_also_when_the_configuration_is_wrong()
    {
        await StartAsync();
        Bench.Root["Guard"]!["FreeSpacePercent"] = 400;
        foreach (var command in new[] { "doctor", "vms", "datastores", "backup", "points", "verify", "janitor" })
        {
            var result = Expect(await RunAsync("--json", command), ExitCodes.Usage);
            Assert.That(result.Json.GetProperty("error").GetProperty("message").GetString(), Does.Contain("FreeSpacePercent"), command);
        }
    }

    [Test]
    public async Task A_second_vcenter_that_is_away_does_not_stop_the_backup_of_the_first()
    {
        await StartAsync();
        Bench.Job["VCenter"] = "lab";
        Bench.Root["VCenters"]!.AsArray().Add(new JsonObject
        {
            ["Name"] = "away", ["Url"] = "https://127.0.0.1:1/", ["User"] = "u", ["Password"] = "file:password", ["Thumbprint"] = Bench.Lab.Thumbprint,
        });
        Expect(await RunAsync("backup"), ExitCodes.Warnings, "web01", "VC_UNREACHABLE", "CBT_NO_BASE");
        Expect(await RunAsync("janitor"), ExitCodes.Failed, "VC_UNREACHABLE");
    }

    [Test]
    public async Task Unreadable_configuration()
    {
        await StartAsync();
        Directory.CreateDirectory(Bench["folder.json"]);
        Expect(await RunPlainAsync("--config", Bench["folder.json"], "vms"), ExitCodes.Usage, "folder.json");
        await File.WriteAllTextAsync(Bench["bad.json"], "{ \"VmProxy\": ");
        Expect(await RunPlainAsync("--config", Bench["bad.json"], "vms"), ExitCodes.Usage, "bad.json");
        await File.WriteAllBytesAsync(Bench["binary.json"], [0, 1, 2, 255, 254]);
        Expect(await RunPlainAsync("--config", Bench["binary.json"], "--json", "vms"), ExitCodes.Usage, "binary.json");
    }

    [Test]
    public async Task Long_names_are_not_cut()
    {
        var name = new string('n', 80);
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm(name)));
        Expect(await RunAsync("backup"), ExitCodes.Done, name);
        Expect(await RunAsync("points"), ExitCodes.Done, name);
        Expect(await RunAsync("vms"), ExitCodes.Done, name);
    }

    [Test]
    public async Task Odd_arguments_are_failures_and_no_crashes()
    {
        await StartAsync();
        Expect(await RunAsync("backup", "--vm", ""), ExitCodes.Failed, "VM_UNKNOWN");
        Expect(await RunAsync("verify", ""), ExitCodes.Failed, "REPO_POINT_NOT_FOUND");
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }
}
