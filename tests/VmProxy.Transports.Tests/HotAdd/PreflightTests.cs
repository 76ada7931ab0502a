namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>What of the proxy's operating system would take attached disks, read from files as they are on Debian and Red Hat.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class PreflightTests : IDisposable
{
    const string Own = "6000C29a-b652-bf92-dc0d-c1a1f0e9b0a4";
    const string OwnWwid = "naa.6000c29ab652bf92dc0dc1a1f0e9b0a4";

    readonly FakeSystem _system = new();

    public void Dispose() => _system.Dispose();

    [Test]
    public void Where_nothing_is_installed_nothing_is_found() => Assert.That(Check(), Is.Empty);

    [TestCase("global_filter = [ \"a|^/dev/sda|\", \"r|.*|\" ]", true)]
    [TestCase("global_filter = [ \"a/^.dev.sda[0-9]*$/\", \"r/.*/\" ]", true)]
    [TestCase("global_filter = \"r|/dev/|\"", true)]
    [TestCase("# global_filter = [ \"r|.*|\" ]", false, Description = "a comment")]
    [TestCase("filter = [ \"r|.*|\" ]", false, Description = "not what udev's pvscan obeys")]
    [TestCase("global_filter = [ \"a|.*|\" ]", false)]
    [TestCase("global_filter = [ \"a|^/dev/disk/by-path/|\", \"r|.*|\" ]", false, Description = "one accepted name is enough")]
    [TestCase("global_filter = [ \"r|^/dev/sd|\" ]", false, Description = "its other names fit nothing, and are accepted")]
    [TestCase("global_filter = [ \"r|(|\" ]", false, Description = "nonsense")]
    [TestCase("global_filter = [ \"r|.*|\" ]\nglobal_filter = [ \"a|.*|\" ]", false, Description = "the last one counts")]
    public void LVM_must_look_at_no_other_disks(string setting, bool holds)
    {
        _system.Write("usr/sbin/lvm", "");
        _system.Write("etc/lvm/lvm.conf", $"devices {{\n  dir = \"/dev\"\n  {setting}\n}}\n");
        Expect(holds, TransportCodes.PreflightLvm);
    }

    [TestCase("use_devicesfile = 1", "debian", true)]
    [TestCase("use_devicesfile = 0", "rhel", false)]
    [TestCase("", "rhel", true)]
    [TestCase("", "debian", false)]
    public void A_devices_file_counts_where_it_is_in_use(string setting, string system, bool holds)
    {
        _system.Write("usr/sbin/lvm", "");
        _system.Write("etc/lvm/lvm.conf", $"devices {{ {setting}\n}}\n");
        _system.Write("etc/os-release", $"NAME=x\nID=\"{system}\"\n");
        Expect(false, TransportCodes.PreflightLvm);
        _system.Write("etc/lvm/devices/system.devices", "VERSION=1.1.1\n");
        Expect(holds, TransportCodes.PreflightLvm);
    }

    [Test]
    public void The_lines_for_LVM_keep_the_proxys_own_disks_and_pass_the_check_themselves()
    {
        _system.Write("usr/sbin/lvm", "");
        _system.AddDisk("sda", "0000:03:00.0", "2:0:0:0", OwnWwid, 1 << 20);
        _system.AddDisk("sdb", "0000:03:00.0", "2:0:1:0", "naa.6000c290000000000000000000000001", 1 << 20);
        var finding = Check().Single();
        Assert.That(finding.File, Is.EqualTo("/etc/lvm/lvm.conf"));
        Assert.That(finding.Lines[1], Does.Contain("wwn-0x6000c29ab652bf92dc0dc1a1f0e9b0a4|").And.Not.Contain("6000c290000000000000000000000001"));
        _system.Write("etc/lvm/lvm.conf", string.Join('\n', finding.Lines));
        Assert.That(Check(), Is.Empty);
    }

    [TestCase("blacklist { device {\n vendor \"VMware\"\n product \"Virtual disk\"\n} }", true)]
    [TestCase("blacklist {\n  devnode \"^sd[a-z]\"\n}", true)]
    [TestCase("blacklist {\n  wwid 36000c29.*\n}", true)]
    [TestCase("defaults {\n  find_multipaths strict\n}", true)]
    [TestCase("defaults {\n  find_multipaths no\n}", false)]
    [TestCase("blacklist {\n  devnode \"^(ram|loop|fd)[0-9]*\"\n}", false)]
    [TestCase("blacklist_exceptions {\n  devnode \"^sd\"\n}", false)]
    [TestCase("# blacklist {\n#  devnode \"^sd\"\n# }", false)]
    [TestCase("", false)]
    public void Multipath_must_leave_them_alone(string configuration, bool holds)
    {
        _system.Write("sbin/multipathd", "");
        _system.Write("etc/multipath.conf", configuration);
        Expect(holds, TransportCodes.PreflightMultipath);
    }

    [TestCase("AUTO -all", true)]
    [TestCase("# AUTO -all", false)]
    [TestCase("AUTO +1.x -all", false)]
    [TestCase("HOMEHOST <system>", false)]
    public void Arrays_must_not_be_assembled(string configuration, bool holds)
    {
        _system.Write("usr/sbin/mdadm", "");
        _system.Write("etc/mdadm/mdadm.conf", $"DEVICE partitions\n{configuration}\n");
        Expect(holds, TransportCodes.PreflightRaid);
    }

    [TestCase("SUBSYSTEM==\"block\", ENV{ID_VENDOR}==\"VMware*\", ENV{UDISKS_IGNORE}=\"1\"", true)]
    [TestCase("ENV{ID_SERIAL}==\"36000c29*\", ENV{UDISKS_AUTO}=\"0\"", true)]
    [TestCase("ENV{ID_PART_ENTRY_TYPE}==\"de94bba4-06d1-4d40-a16a-bfd50179d6ac\", ENV{UDISKS_IGNORE}=\"1\"", false, Description = "udisks' own")]
    [TestCase("#SUBSYSTEM==\"block\", ENV{ID_VENDOR}==\"VMware*\", ENV{UDISKS_IGNORE}=\"1\"", false)]
    public void Nothing_must_be_mounted(string rule, bool holds)
    {
        _system.Write("usr/libexec/udisks2/udisksd", "");
        _system.Write("etc/udev/rules.d/61-vmproxy.rules", rule + "\n");
        Expect(holds, TransportCodes.PreflightAutomount);
    }

    [Test]
    public void Every_line_that_is_given_passes_the_check_that_gave_it()
    {
        foreach (var program in new[] { "usr/sbin/lvm", "usr/sbin/multipathd", "usr/sbin/mdadm", "usr/lib/udisks2/udisksd" })
        {
            _system.Write(program, "");
        }

        var findings = Check();
        Assert.That(findings, Has.Count.EqualTo(4));
        foreach (var finding in findings)
        {
            _system.Write(finding.File[1..], string.Join('\n', finding.Lines) + "\n");
        }

        Assert.That(Check(), Is.Empty);
    }

    [Test]
    public void Disks_without_a_serial_number_are_named()
    {
        _system.AddDisk("sda", "0000:03:00.0", "2:0:0:0", null, 1 << 20);
        Assert.That(Check().Single().Code, Is.EqualTo(TransportCodes.PreflightSerial));
    }

    [Test]
    public void A_container_says_that_it_cannot_see()
    {
        _system.Write(".dockerenv", "");
        Assert.That(Check().Single().Code, Is.EqualTo(TransportCodes.PreflightContainer));
    }

    IReadOnlyList<PreflightFinding> Check() => HotAddPreflight.Check(_system.Root, [Own]);

    void Expect(bool holds, string code) => Assert.That(Check().Select(finding => finding.Code), holds ? Is.Empty : Is.EqualTo(new[] { code }));
}
