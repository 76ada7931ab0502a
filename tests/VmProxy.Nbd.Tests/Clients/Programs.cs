using VmProxy.Testing;

namespace VmProxy.Nbd.Tests.Clients;

/// <summary>The clients that we did not write.</summary>
static class Programs
{
    public static Task<string> InfoAsync(params string[] arguments) => Tool.RunAsync(Tool.Require("nbdinfo", "libnbd-bin"), arguments);

    public static Task<string> CopyAsync(params string[] arguments) => Tool.RunAsync(Tool.Require("nbdcopy", "libnbd-bin"), arguments);

    public static Task<string> QemuAsync(params string[] arguments) => Tool.RunAsync(Tool.Require("qemu-img", "qemu-utils"), arguments);

    /// <summary>Runs Python with <c>h</c>, a handle of libnbd as in nbdsh, connected when there is a URI. (nbdsh itself takes whichever python3 comes first.)</summary>
    public static Task<string> ShellAsync(string? uri, string python)
    {
        const string SystemPython = "/usr/bin/python3";
        Assert.That(Directory.GetFiles("/usr/lib/python3/dist-packages", "nbd.py"), Is.Not.Empty, "The test needs the Debian package python3-libnbd.");
        var prologue = $"""
            import nbd
            h = nbd.NBD()
            h.add_meta_context('base:allocation')
            {(uri is null ? "h.clear_meta_contexts()" : $"h.connect_uri('{uri}')")}

            """;
        return Tool.RunAsync(SystemPython, ["-c", prologue + python]);
    }
}
