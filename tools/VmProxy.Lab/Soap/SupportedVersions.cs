namespace VmProxy.Lab.Soap;

/// <summary>The dialects that the lab answers, newest first: those of a vCenter 6.7.</summary>
internal static class SupportedVersions
{
    public const string Newest = "6.7.1";

    public static IReadOnlyList<string> All { get; } = [Newest, "6.7", "6.5", "6.0", "5.5", "5.1", "5.0"];

    /// <summary>The document at /sdk/vimServiceVersions.xml.</summary>
    public static string Document { get; } =
        $"<?xml version=\"1.0\" encoding=\"UTF-8\" ?><namespaces version=\"1.0\"><namespace><name>urn:vim25</name><version>{Newest}</version>"
        + $"<priorVersions>{string.Concat(All.Skip(1).Select(version => $"<version>{version}</version>"))}</priorVersions></namespace></namespaces>";
}
