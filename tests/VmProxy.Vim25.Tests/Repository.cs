namespace VmProxy.Vim25.Tests;

/// <summary>Files of the source tree that the tests run in.</summary>
internal static class Repository
{
    private static readonly Lazy<string> Root = new(() =>
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "VmProxy.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests run outside a clone of the project.");
    });

    public static string File(params string[] path) => Path.Combine([Root.Value, .. path]);
}
