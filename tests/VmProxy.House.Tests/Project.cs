using System.Xml.Linq;

namespace VmProxy.House.Tests;

/// <summary>One project file.</summary>
/// <param name="File">Its path from the root.</param>
/// <param name="Name">Its name, such as VmProxy.Blocks.</param>
/// <param name="Kind">"src", "tools" or "tests".</param>
/// <param name="AssemblyName">The name of what it compiles to.</param>
/// <param name="References">Projects that it references, also those whose assembly it does not use at run time.</param>
/// <param name="FixedVersions">Packages whose version it names itself.</param>
sealed record Project(
    string File, string Name, string Kind, string AssemblyName, IReadOnlyList<string> References, IReadOnlyList<string> FixedVersions)
{
    public string Folder => File[..File.LastIndexOf('/')];

    public static Project Read(string file)
    {
        var xml = XDocument.Parse(House.ReadText(file));
        var name = Path.GetFileNameWithoutExtension(file);
        return new Project(
            file,
            name,
            file.Split('/')[0],
            xml.Descendants("AssemblyName").FirstOrDefault()?.Value ?? name,
            [.. xml.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')))],
            [.. xml.Descendants("PackageReference").Where(package => package.Attribute("Version") is not null).Select(package => (string)package.Attribute("Include")!)]);
    }

    public override string ToString() => Name;
}
