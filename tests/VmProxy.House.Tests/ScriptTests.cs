using System.Runtime.Versioning;
using VmProxy.Testing;

namespace VmProxy.House.Tests;

[SupportedOSPlatform("linux")]
sealed class ScriptTests
{
    static IEnumerable<string> Scripts => House.Files.Where(file =>
        file.EndsWith(".sh", StringComparison.Ordinal) || file.StartsWith(".ci/", StringComparison.Ordinal));

    [TestCaseSource(nameof(Scripts))]
    public async Task A_script_can_be_run(string script)
    {
        Assert.That(File.GetUnixFileMode(House.Full(script)) & UnixFileMode.UserExecute, Is.Not.EqualTo(UnixFileMode.None), $"{script}: git update-index --chmod=+x {script}");
        Assert.That(House.ReadText(script), Does.StartWith("#!/usr/bin/env bash\n").Or.StartWith("#!/bin/sh\n"));
        await Tool.RunAsync(Tool.Require("bash", "bash"), ["-n", House.Full(script)]);
    }

    [Test]
    public void The_two_commands_of_the_readme_are_there() =>
        Assert.That(new[] { "tools/demo.sh", "tools/test.sh", ".ci/run" }.Where(script => !House.Exists(script)), Is.Empty);
}
