using System.Text.Json;
using VmProxy.LabTesting;

namespace VmProxy.Cli.Tests;

/// <summary>Each command does its work and prints it for people and for programs.</summary>
sealed class CommandTests : CliFixture
{
    [Test]
    public async Task The_way_from_doctor_to_a_restored_disk()
    {
        await StartAsync();
        Expect(await RunAsync("doctor"), ExitCodes.Done, "privileges", "hotadd", "datastore1");
        Expect(await RunAsync("vms"), ExitCodes.Done, "web01", "yes", "hotadd");
        Expect(await RunAsync("datastores"), ExitCodes.Done, "datastore1", "VMFS", "hotadd");
        Expect(await RunAsync("backup"), ExitCodes.Done, "web01", "full", "CBT_NO_BASE");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 65536, seed: 9);
        Expect(await RunAsync("backup"), ExitCodes.Done, "incremental", "64.0 KiB");

        var points = (await RunAsync("points", "--json")).Json.GetProperty("points");
        Assert.That(points.EnumerateArray().Select(point => point.GetProperty("level").GetString()), Is.EqualTo(new[] { "full", "incremental" }));
        var last = points[1].GetProperty("id").GetString()!;
        Expect(await RunAsync("points"), ExitCodes.Done, last);
        Expect(await RunAsync("point", "show", last[..^1]), ExitCodes.Done, last, "Hard disk 1", "CBT_TRUSTED", "web01.vmx");
        Expect(await RunAsync("restore", "disk", last, "Hard disk 1", "--to", Bench["out.img"]), ExitCodes.Done, Bench["out.img"]);
        Assert.That(await LabBench.HashFileAsync(Bench["out.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
        Expect(await RunAsync("verify", "--level", "hash"), ExitCodes.Done, last, "whole");
        Expect(await RunAsync("repo", "stats"), ExitCodes.Done, "Points", "Stored bytes");
        Expect(await RunAsync("janitor"), ExitCodes.Done, "0 snapshots removed");
    }

    [Test]
    public async Task Doctor_compares_transports_and_says_when_there_is_nothing_to_compare_with()
    {
        await StartAsync();
        Expect(await RunAsync("doctor", "--compare", "web01"), ExitCodes.Warnings, "hotadd", "not compared", "COMPARE_NOTHING_PROVED");
        var report = (await RunAsync("--json", "doctor", "--compare", "web01")).Json;
        Assert.That(report.GetProperty("disks")[0].GetProperty("transports")[0].GetProperty("verdict").GetString(), Is.EqualTo("notCompared"));
        Expect(await RunAsync("doctor", "--compare", "web02"), ExitCodes.Failed, "VM_UNKNOWN");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Verdicts_on_transports_are_shown_by_vms_and_point_show_and_lines_by_doctor()
    {
        await StartAsync();
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("vmproxy", "before the upgrade");
        Expect(await RunAsync("vms"), ExitCodes.Done, "web01: hotadd can, but", "HOTADD_PROXY_HAS_SNAPSHOTS");
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var point = (await RunAsync("points", "--json")).Json.GetProperty("points")[0].GetProperty("id").GetString()!;
        Expect(await RunAsync("point", "show", point), ExitCodes.Done, "Hard disk 1: hotadd can, but", "HOTADD_PROXY_HAS_SNAPSHOTS");
        Directory.CreateDirectory(Bench["system/usr/sbin"]);
        File.WriteAllText(Bench["system/usr/sbin/mdadm"], "");
        Expect(await RunAsync("doctor"), ExitCodes.Warnings, "HOTADD_PREFLIGHT_MD", "    AUTO -all");
    }

    [Test]
    public async Task Damage_in_the_repository_is_found_by_verify_and_named()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var pack = new DirectoryInfo(Bench.RepositoryFolder).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        var bytes = await File.ReadAllBytesAsync(pack.FullName);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(pack.FullName, bytes);
        Expect(await RunAsync("verify"), ExitCodes.Failed, "DAMAGED", "Hard disk 1");
    }

    [Test]
    public async Task Json_sizes_are_integers_times_are_utc_and_names_camel_case()
    {
        await StartAsync();
        var report = Expect(await RunAsync("--json", "report", "capacity"), ExitCodes.Done).Json;
        var row = report.GetProperty("datastores")[0];
        Assert.That(row.GetProperty("capacityBytes").GetInt64(), Is.EqualTo(1L << 40));
        Assert.That(row.GetProperty("usedBytes").GetInt64() + row.GetProperty("freeBytes").GetInt64(), Is.EqualTo(1L << 40));
        Assert.That(report.GetProperty("taken").GetString(), Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"));
        foreach (var command in new[] { "doctor", "vms", "datastores", "points", "janitor", "verify" })
        {
            var result = await RunAsync("--json", command);
            Assert.That(() => JsonDocument.Parse(result.Output), Throws.Nothing, command);
        }
    }
}
