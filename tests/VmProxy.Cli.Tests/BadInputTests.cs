using VmProxy.LabTesting;

namespace VmProxy.Cli.Tests;

/// <summary>Bad input is met by a message that names it: exit code 2 for usage and configuration, 1 for the rest.</summary>
sealed class BadInputTests : CliFixture
{
    [Test]
    public async Task Wrong_password()
    {
        await StartAsync();
        await File.WriteAllTextAsync(Bench["password"], "not the password");
        var result = Expect(await RunAsync("vms"), ExitCodes.Failed, "VC_LOGIN_FAILED", "administrator@vsphere.local");
        Assert.That(result.ToString(), Does.Not.Contain("not the password"));
    }

    [Test]
    public async Task Wrong_thumbprint()
    {
        await StartAsync();
        Bench.Root["VCenters"]![0]!["Thumbprint"] = string.Join(':', Enumerable.Repeat("AB", 32));
        Expect(await RunAsync("vms"), ExitCodes.Failed, "VC_THUMBPRINT_MISMATCH", Bench.Lab.Thumbprint);
    }

    [Test]
    public async Task Unreachable_vcenter()
    {
        await StartAsync();
        Bench.Root["VCenters"]![0]!["Url"] = "https://127.0.0.1:1/";
        Expect(await RunAsync("vms"), ExitCodes.Failed, "VC_UNREACHABLE", "127.0.0.1:1");
    }

    [Test]
    public async Task Unknown_vm()
    {
        await StartAsync();
        Expect(await RunAsync("backup", "--vm", "web99"), ExitCodes.Failed, "VM_UNKNOWN", "web99");
    }

    [Test]
    public async Task A_folder_that_is_not_a_repository()
    {
        await StartAsync(repository: false);
        Directory.CreateDirectory(Bench.RepositoryFolder);
        await File.WriteAllTextAsync(Path.Combine(Bench.RepositoryFolder, "notes.txt"), "holiday pictures");
        Expect(await RunAsync("backup"), ExitCodes.Failed, "REPO_NOT_A_REPOSITORY", Bench.RepositoryFolder);
    }

    [Test]
    public async Task No_repository_at_all()
    {
        await StartAsync(repository: false);
        Expect(await RunAsync("points"), ExitCodes.Failed, "REPO_NOT", Bench.RepositoryFolder);
    }

    [Test]
    public async Task A_wrong_key()
    {
        await StartAsync();
        await File.WriteAllTextAsync(Bench["passphrase"], "another passphrase");
        Expect(await RunAsync("points"), ExitCodes.Failed, "REPO_WRONG_KEY");
    }

    [Test]
    public async Task A_full_datastore()
    {
        await StartAsync();
        Bench.Lab.Control.ArmFault("full-datastore");
        Expect(await RunAsync("backup"), ExitCodes.Failed, "GUARD_DATASTORE_FULL", "datastore1");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_truncated_disk_descriptor()
    {
        await StartAsync();
        Directory.EnumerateFiles(Bench["lab"], "web01.vmdk", SearchOption.AllDirectories).ToList().ForEach(path =>
            File.WriteAllText(path, File.ReadAllText(path)[..40]));
        Expect(await RunAsync("backup"), ExitCodes.Failed, "web01.vmdk", "Hard disk 1");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Bus_sharing_fails_a_named_vm_and_warns_within_a_job()
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            var node = LabBench.Vm("node1");
            node.Disks[0].SharedBus = "physicalSharing";
            options.VirtualMachines.Add(node);
        });
        Expect(await RunAsync("backup", "--vm", "node1"), ExitCodes.Failed, "VM_BUS_SHARING", "node1");
        Expect(await RunAsync("backup"), ExitCodes.Warnings, "VM_BUS_SHARING", "node1");
        Assert.That((await RunAsync("points", "--json")).Json.GetProperty("points").GetArrayLength(), Is.EqualTo(1));
    }

    [TestCase("--frobnicate")]
    [TestCase("nosuchcommand")]
    [TestCase("backup", "--level", "sometimes")]
    [TestCase("backup", "--transport", ",")]
    [TestCase("backup", "--transport", "carrier-pigeon")]
    [TestCase("restore", "disk", "point", "2000")]
    [TestCase("serve-disk", "point", "2000")]
    [TestCase("serve-disk", "point", "2000", "--nbd", "0.0.0.0:10809")]
    [TestCase("serve-disk", "point", "2000", "--nbd", "localhost:99999")]
    [TestCase("serve-disk", "point", "2000", "--nbd", "localhost")]
    [TestCase("serve-disk", "point", "2000", "--nbd", ":10809")]
    [TestCase("verify", "--level", "hope")]
    public async Task Wrong_usage(params string[] arguments)
    {
        var result = await RunPlainAsync(arguments);
        Assert.That((result.Code, result.Output), Is.EqualTo((ExitCodes.Usage, "")), result.ToString());
        Assert.That(result.Errors, Does.Contain("--help"));
    }

    [Test]
    public async Task No_configuration()
    {
        Expect(await RunPlainAsync("--config", "/nowhere/appsettings.json", "vms"), ExitCodes.Usage, "/nowhere/appsettings.json");
    }

    [Test]
    public async Task A_configuration_with_mistakes_names_every_key()
    {
        await StartAsync();
        Bench.Root["Guard"]!["FreeSpacePercent"] = 400;
        Bench.Job["Quiesce"] = "maybe";
        Expect(await RunAsync("vms"), ExitCodes.Usage, "VmProxy:Guard:FreeSpacePercent", "400", "VmProxy:Jobs:0:Quiesce", "maybe");
    }

    [Test]
    public async Task An_unknown_job()
    {
        await StartAsync();
        Expect(await RunAsync("backup", "--job", "weekly"), ExitCodes.Usage, "weekly", "nightly");
    }

    [Test]
    public async Task An_unknown_point_and_disk_and_an_existing_file()
    {
        await StartAsync();
        var point = (await RunAsync("backup", "--json")).Json.GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;
        Expect(await RunAsync("point", "show", "nope"), ExitCodes.Failed, "REPO_POINT_NOT_FOUND", "nope");
        Expect(await RunAsync("restore", "disk", point, "Hard disk 9", "--to", Bench["out.img"]), ExitCodes.Failed, "Hard disk 9", "Hard disk 1");
        await File.WriteAllTextAsync(Bench["out.img"], "precious");
        Expect(await RunAsync("restore", "disk", point, "2000", "--to", Bench["out.img"]), ExitCodes.Failed, Bench["out.img"]);
        Assert.That(await File.ReadAllTextAsync(Bench["out.img"]), Is.EqualTo("precious"));
    }

    [Test]
    public async Task A_failure_is_one_json_document_too()
    {
        await StartAsync();
        var error = (await RunAsync("--json", "backup", "--vm", "web99")).Json.GetProperty("error");
        Assert.That((error.GetProperty("code").GetString(), error.GetProperty("object").GetString()), Is.EqualTo(("VM_UNKNOWN", "web99")));
    }
}
