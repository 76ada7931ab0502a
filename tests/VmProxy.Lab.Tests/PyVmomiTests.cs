using VmProxy.Testing;

namespace VmProxy.Lab.Tests;

/// <summary>Debian's pyVmomi as a client: it refuses any element, type or value that a 6.7 server would not send.</summary>
public sealed class PyVmomiTests
{
    static readonly string Python = "/usr/bin/python3";

    [TestCase("inventory.py", false)]
    [TestCase("inventory.py", true)]
    [TestCase("snapshots.py", false)]
    [TestCase("snapshots.py", true)]
    [TestCase("hardware.py", false)]
    [TestCase("hardware.py", true)]
    public async Task Judges(string script, bool hostOnly)
    {
        Tool.Require("python3", "python3-pyvmomi");
        await using var lab = await LabFixture.StartAsync(options =>
        {
            options.HostOnly = hostOnly;
            options.MissingPrivileges = ["Global.Licenses"];
        });
        var path = Path.Combine(TestContext.CurrentContext.TestDirectory, "pyvmomi", script);
        var output = await Tool.RunAsync(Python, [path, lab.Server.Url.ToString(), "administrator@vsphere.local", "lab"]);
        TestContext.Out.WriteLine(output);
    }
}
