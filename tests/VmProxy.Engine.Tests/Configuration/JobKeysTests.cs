using VmProxy.Engine.Configuration;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Configuration;

/// <summary>A job's disks and commands, and the addresses of hosts: each mistake is named with key, value and what is allowed.</summary>
sealed class JobKeysTests
{
    [TestCase("""["Hard disk 2", "2001", "scsi0:1", "db*/scsi0:1", "web01/Hard disk 2"]""", 5)]
    [TestCase("[]", 0)]
    public void Disks_to_leave_out_are_taken(string disks, int count)
        => Assert.That(Load($"\"ExcludeDisks\": {disks}").Jobs[0].ExcludeDisks, Has.Count.EqualTo(count));

    [TestCase("""["web01/"]""", "0", "web01/")]
    [TestCase("""["2001", "/scsi0:1"]""", "1", "/scsi0:1")]
    [TestCase("""[" "]""", "0", " ")]
    public void A_disk_without_a_name_is_refused(string disks, string index, string value)
    {
        var error = Errors($"\"ExcludeDisks\": {disks}").Single();
        Assert.That((error.Key, error.Value), Is.EqualTo(($"VmProxy:Jobs:0:ExcludeDisks:{index}", value)));
        Assert.That(error.Message, Does.Contain("scsi0:1"));
    }

    [TestCase("freeze.sh", "no absolute path")]
    [TestCase("/nonexistent/freeze", "no such file")]
    [TestCase("/etc/passwd", "not executable")]
    public void A_command_that_cannot_be_run_is_refused_at_start(string program, string why)
    {
        var errors = Errors($"\"FreezeCommand\": [ \"{program}\" ], \"ThawCommand\": [ \"{program}\" ]");
        Assert.That(errors.Select(error => (error.Key, error.Value)), Is.EqualTo(new[]
        {
            ("VmProxy:Jobs:0:FreezeCommand:0", program), ("VmProxy:Jobs:0:ThawCommand:0", program),
        }));
        Assert.That(errors[0].Message, Does.Contain(why).And.Contain("absolute path"));
    }

    [Test]
    public void A_freeze_without_a_thaw_is_refused()
        => Assert.That(Errors("\"FreezeCommand\": [ \"/bin/true\" ]").Single().Key, Is.EqualTo("VmProxy:Jobs:0:ThawCommand"));

    [TestCase("00:00:00")]
    [TestCase("02:00:00")]
    public void A_time_limit_of_commands_out_of_range_is_refused(string limit)
        => Assert.That(Errors($"\"CommandTimeout\": \"{limit}\"").Single().Message, Does.Contain("01:00:00"));

    [Test]
    public void A_kind_of_vss_backup_that_does_not_exist_is_refused()
        => Assert.That(Errors("\"Vss\": \"incremental\"").Single().Message, Does.Contain("copy, full, filesystem"));

    [TestCase("10.20.0.1")]
    [TestCase("fd00::2")]
    [TestCase("esx1-backup.example.com")]
    public void An_address_of_a_host_is_taken(string address)
        => Assert.That(Load("", Address("esx1", address)).Transports.HostAddresses.Single().Address, Is.EqualTo(address));

    [TestCase("https://10.20.0.1", "Address")]
    [TestCase("10.20.0.1:902", "Address")]
    [TestCase("a b", "Address")]
    public void An_address_that_is_none_is_refused(string address, string key)
    {
        var error = Errors("", Address("esx1", address)).Single();
        Assert.That((error.Key, error.Value), Is.EqualTo(($"VmProxy:Transports:HostAddresses:0:{key}", address)));
        Assert.That(error.Message, Does.Contain("without scheme and port"));
    }

    [Test]
    public void A_host_has_one_address()
        => Assert.That(
            Errors("", $"{Address("esx1", "10.20.0.1")}, {Address("ESX1", "10.20.0.2")}").Single().Key, Is.EqualTo("VmProxy:Transports:HostAddresses:1:Host"));

    [Test]
    public void A_host_without_an_address_is_refused()
        => Assert.That(Errors("", """{ "Host": "esx1" }""").Single().Key, Is.EqualTo("VmProxy:Transports:HostAddresses:0:Address"));

    static string Address(string host, string address) => $$"""{ "Host": "{{host}}", "Address": "{{address}}" }""";

    static IReadOnlyList<ConfigurationError> Errors(string job, string addresses = "") =>
        Assert.Throws<ConfigurationException>(() => Load(job, addresses))!.Errors;

    static ProxySettings Load(string job, string addresses = "")
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["appsettings.json"], $$"""
            {
              "VmProxy": {
                "VCenters": [ { "Name": "main", "Url": "https://vc.example.com", "User": "u", "Password": "env:PW" } ],
                "Repositories": [ { "Name": "local", "Path": "repo", "Encryption": "none" } ],
                "Transports": { "HostAddresses": [ {{addresses}} ] },
                "Jobs": [ { "Name": "nightly", "Vms": [ "*" ], {{job}} } ]
              }
            }
            """);
        return ProxyConfiguration.Load(folder["appsettings.json"], new Dictionary<string, string> { ["PW"] = "p" }).Settings;
    }
}
