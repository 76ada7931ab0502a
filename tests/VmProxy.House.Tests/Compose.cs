using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace VmProxy.House.Tests;

/// <summary>docker/compose.yaml, parsed.</summary>
static partial class Compose
{
    static readonly YamlMappingNode Root = Read();

    public static IReadOnlyDictionary<string, YamlMappingNode> Services =>
        ((YamlMappingNode)Root["services"]).ToDictionary(service => (string)service.Key!, service => (YamlMappingNode)service.Value);

    public static IEnumerable<string> Volumes => ((YamlMappingNode)Root["volumes"]).Select(volume => (string)volume.Key!);

    /// <summary>What a service mounts: paths, and names of volumes. Variables have their defaults.</summary>
    public static IEnumerable<string> MountsOf(YamlMappingNode service) => service.Children.TryGetValue("volumes", out var mounts)
        ? ((YamlSequenceNode)mounts).Select(mount => Variable().Replace((string)mount!, "$1").Split(':')[0])
        : [];

    static YamlMappingNode Read()
    {
        var yaml = new YamlStream();
        using var reader = new StringReader(House.ReadText("docker/compose.yaml"));
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    [GeneratedRegex(@"\$\{\w+:-([^}]*)\}")]
    private static partial Regex Variable();
}
