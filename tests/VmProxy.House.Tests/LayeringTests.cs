using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace VmProxy.House.Tests;

sealed class LayeringTests
{
    static IEnumerable<Project> Layered => House.Projects.Where(project => project.Kind is "src" or "tools");

    // A generator is loaded by the compiler and never shipped.
    static IEnumerable<Project> Shipped => House.Projects.Where(project => project.Kind == "src" && project.Name != "VmProxy.Vim25.Generator");

    [TestCaseSource(nameof(Layered))]
    public void Project_files_point_down_only(Project project)
    {
        Assert.That(Layering.Rules, Does.ContainKey(project.Name), $"{project.Name} is new: give it a rule and a reason in Layering.cs.");
        var forbidden = project.References.Except(Layering.Rules[project.Name].May).ToList();
        Assert.That(forbidden, Is.Empty, Layering.Explain(project.Name, forbidden));
    }

    /// <summary>A project sees what its references reference; only the compiled assembly tells what it really uses.</summary>
    [TestCaseSource(nameof(Shipped))]
    public void Compiled_assemblies_point_down_only(Project project)
    {
        var file = Path.Combine(AppContext.BaseDirectory, project.AssemblyName + ".dll");
        Assert.That(file, Does.Exist, $"{project.Name} is not in the output of the house tests: nothing that vmproxy is made of references it.");
        var nameOf = House.Projects.Where(other => other.Kind is "src" or "tools").ToDictionary(other => other.AssemblyName, other => other.Name);
        var forbidden = ReferencesOf(file).Where(nameOf.ContainsKey).Select(name => nameOf[name]).Except(Layering.Rules[project.Name].May).ToList();
        Assert.That(forbidden, Is.Empty, Layering.Explain(project.Name, forbidden));
    }

    [Test]
    public void References_of_a_compiled_assembly_are_seen() =>
        Assert.That(ReferencesOf(Path.Combine(AppContext.BaseDirectory, "VmProxy.Vsphere.dll")), Does.Contain("VmProxy.Vim25"));

    [TestCaseSource(nameof(Shipped))]
    public void Nothing_that_ships_references_tests_or_tools(Project project) => Assert.That(
        project.References.Where(name => House.Projects.Any(other => other.Name == name && other.Kind != "src")),
        Is.Empty,
        $"{project.Name} ships; tests and tools do not.");

    [Test]
    public void Rules_have_no_circle()
    {
        foreach (var name in Layering.Rules.Keys)
        {
            Assert.That(Below(name), Does.Not.Contain(name));
        }

        static IEnumerable<string> Below(string name) =>
            Layering.Rules[name].May.Concat(Layering.Rules[name].May.SelectMany(Below)).Distinct();
    }

    [Test]
    public void Every_project_is_in_the_solution()
    {
        var solution = House.ReadText("VmProxy.sln").Replace('\\', '/');
        Assert.That(House.Projects.Where(project => !solution.Contains($"\"{project.File}\"", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Package_versions_are_central() => Assert.That(
        House.Projects.Where(project => project.FixedVersions.Count > 0).Select(project => $"{project}: {string.Join(", ", project.FixedVersions)}"),
        Is.Empty,
        "Versions belong into Directory.Packages.props.");

    [Test]
    public void A_broken_rule_is_explained()
    {
        var text = Layering.Explain("VmProxy.Repository", ["VmProxy.Vsphere"]);
        Assert.That(text, Does.Contain("VmProxy.Repository references VmProxy.Vsphere")
            .And.Contain("only VmProxy.Blocks").And.Contain("because points must be readable without vCenter"));
    }

    static List<string> ReferencesOf(string file)
    {
        using var stream = File.OpenRead(file);
        using var executable = new PEReader(stream);
        var metadata = executable.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
