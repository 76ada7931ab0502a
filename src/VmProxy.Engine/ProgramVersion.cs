using System.Reflection;

namespace VmProxy.Engine;

/// <summary>The version of this program.</summary>
public static class ProgramVersion
{
    /// <summary>The version, with the commit that it was built from.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
