using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using VmProxy.Engine.Configuration;
using YamlDotNet.RepresentationModel;

namespace VmProxy.House.Tests;

sealed class ContainerTests
{
    static readonly Dockerfile Image = Dockerfile.Parse(House.ReadText("docker/Dockerfile"));
    static readonly string[] Targets = ["proxy", "lab"];

    static IReadOnlyList<Dockerfile.Stage> Stages => Image.Stages;

    [Test]
    public void Every_path_that_is_copied_exists_and_is_not_ignored()
    {
        var ignored = House.ReadText(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        var sources = Image.Instructions.SelectMany(instruction => instruction.ContextSources).ToList();
        Assert.That(sources, Is.Not.Empty);
        Assert.That(sources.Where(source => !House.Exists(source)), Is.Empty, "not there");
        Assert.That(sources.Where(source => ignored.Contains(source.Split('/')[0])), Is.Empty, "left out by .dockerignore");
    }

    [Test]
    public void The_build_stage_has_every_project_that_it_publishes()
    {
        foreach (var stage in Stages)
        {
            var chain = Chain(stage).ToList();
            var copied = chain.SelectMany(link => link.Instructions).SelectMany(instruction => instruction.ContextSources).ToList();
            foreach (var published in chain.SelectMany(link => link.Instructions)
                .Where(instruction => instruction.Keyword == "RUN" && instruction.Words.Take(2).SequenceEqual(["dotnet", "publish"]))
                .Select(instruction => instruction.Words[2]))
            {
                foreach (var project in Needed(House.Projects.Single(project => project.Folder == published)))
                {
                    Assert.That(copied.Any(path => project.File.StartsWith(path + "/", StringComparison.Ordinal)), $"{stage.Name}: {project.File} is not copied");
                }
            }
        }
    }

    [Test]
    public void Stages_build_on_stages_that_are_there_or_on_named_images()
    {
        var names = Stages.Select(stage => stage.Name).ToList();
        Assert.That(names, Is.Unique.And.SupersetOf(Targets));
        Assert.That(Stages.Where(stage => !names.Contains(stage.Base) && !stage.Base.Contains(":10.0", StringComparison.Ordinal)), Is.Empty,
            "An image is named with the version that global.json asks for.");
        var from = Image.Instructions.SelectMany(instruction => instruction.Words)
            .Where(word => word.StartsWith("--from=", StringComparison.Ordinal)).Select(word => word["--from=".Length..]);
        Assert.That(from, Is.Not.Empty.And.SubsetOf(names));
        Assert.That(Stages[^1].Name, Is.EqualTo("proxy"), "A build without a target gives the last stage.");
    }

    [TestCaseSource(nameof(Targets))]
    public void An_image_runs_without_root_and_starts_its_program(string target)
    {
        var instructions = Stages.Single(stage => stage.Name == target).Instructions;
        Assert.That(instructions.Last(instruction => instruction.Keyword == "USER").Words, Is.EqualTo(new[] { "$APP_UID" }), "The base image's unprivileged user.");
        Assert.That(instructions.Single(instruction => instruction.Keyword == "ENTRYPOINT").Words[0], Does.StartWith("[\"vmproxy"));
        Assert.That(instructions.Any(instruction => instruction.Keyword == "VOLUME"));
    }

    [Test]
    public void The_proxy_is_compiled_ahead_of_time() => Assert.That(
        Stages.Single(stage => stage.Name == "build").Instructions.Last().Words, Does.Contain("-p:PublishReadyToRun=true"));

    [Test]
    public void Compose_builds_stages_and_mounts_paths_that_are_there()
    {
        var services = Compose.Services;
        Assert.That(services.Keys, Does.Contain("proxy").And.Contain("lab"));
        foreach (var (name, service) in services)
        {
            var build = (YamlMappingNode)service["build"];
            var context = Path.GetFullPath(House.Full(Path.Combine("docker", (string)build["context"]!)));
            Assert.That(Path.TrimEndingDirectorySeparator(context), Is.EqualTo(Path.TrimEndingDirectorySeparator(House.Root)), $"{name}: context");
            Assert.That(House.Exists((string)build["dockerfile"]!), $"{name}: dockerfile");
            Assert.That(Targets, Does.Contain((string)build["target"]!), $"{name}: target");
            foreach (var source in Compose.MountsOf(service))
            {
                Assert.That(
                    source[0] is '.' ? House.Exists(Path.Combine("docker", source)) : source[0] is '/' ? Path.Exists(source) : Compose.Volumes.Contains(source),
                    $"{name} mounts {source}, which is not there");
            }
        }
    }

    [Test]
    public void Compose_starts_the_lab_only_when_asked_and_gives_nobody_privileges()
    {
        var services = Compose.Services;
        foreach (var (name, service) in services)
        {
            var profiles = service.Children.TryGetValue("profiles", out var list) ? ((YamlSequenceNode)list).Select(node => (string)node!) : [];
            Assert.That(profiles, Is.EqualTo(name == "proxy" ? [] : new[] { "lab" }), $"{name}: profiles");
            Assert.That(service.Children.ContainsKey("privileged"), Is.False, $"{name} must not be privileged");
        }
    }

    [Test]
    public void The_proxys_health_is_reached_from_its_host_and_from_nowhere_else()
    {
        var proxy = Compose.Services["proxy"];
        var environment = ((YamlMappingNode)proxy["environment"]).ToDictionary(entry => (string)entry.Key!, entry => (string?)entry.Value);
        var http = ProxyConfiguration.Load(House.Full("appsettings.example.json"), Secrets(environment)).Settings.Service.Http;
        Assert.That(http.Address, Is.EqualTo("0.0.0.0"), "inside, where loopback is the container's own");
        Assert.That(((YamlSequenceNode)proxy["ports"]).Select(port => (string)port!), Is.EqualTo(new[] { $"127.0.0.1:{http.Port}:{http.Port}" }));

        static Dictionary<string, string> Secrets(Dictionary<string, string?> environment) => environment.ToDictionary(
            entry => entry.Key, entry => entry.Key.StartsWith("VMPROXY_", StringComparison.Ordinal) ? "secret" : entry.Value ?? "");
    }

    [Test]
    public void The_labs_proxy_is_configured_for_the_lab()
    {
        var environment = new Dictionary<string, string> { ["VMPROXY_VCENTER_PASSWORD"] = "lab", ["VMPROXY_REPOSITORY_PASSPHRASE"] = "lab" };
        var settings = ProxyConfiguration.Load(House.Full("docker/lab.appsettings.json"), environment).Settings;
        using var lab = JsonDocument.Parse(House.ReadText("docker/lab.json"), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var root = lab.RootElement;
        Assert.That(settings.VCenters.Single().Url.Port, Is.EqualTo(root.GetProperty("port").GetInt32()));
        Assert.That(settings.Transports.HotAdd.DeviceFolder, Is.EqualTo(root.GetProperty("deviceFolder").GetString()));
        Assert.That(settings.Transports.HotAdd.ProxyVm, Is.EqualTo(root.GetProperty("proxyVm").GetString()));
        var vms = root.GetProperty("virtualMachines").EnumerateArray().Select(vm => vm.GetProperty("name").GetString()!).ToList();
        Assert.That(vms.Where(vm => !settings.Jobs.Single().Selection().Selects(vm)), Is.Empty);
    }

    [Test]
    [Category("Slow")]
    public async Task The_images_build_where_a_daemon_exists()
    {
        if (!await HasDaemonAsync())
        {
            TestContext.Out.WriteLine("No Docker daemon answers here: the images were not built, only their files were checked.");
            return;
        }

        foreach (var target in Targets)
        {
            var result = await CliWrap.Cli.Wrap("docker")
                .WithArguments(["build", "--file", House.Full("docker/Dockerfile"), "--target", target, "--tag", $"vmproxy-house-test:{target}", House.Root])
                .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
            Assert.That(result.ExitCode, Is.Zero, result.StandardError);
        }

        var help = await CliWrap.Cli.Wrap("docker").WithArguments(["run", "--rm", "--network", "none", "vmproxy-house-test:proxy", "--help"]).ExecuteBufferedAsync();
        Assert.That(help.StandardOutput, Does.Contain("backup"));
    }

    static async Task<bool> HasDaemonAsync()
    {
        try
        {
            return (await CliWrap.Cli.Wrap("docker").WithArguments(["info"]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync()).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    static IEnumerable<Dockerfile.Stage> Chain(Dockerfile.Stage stage) =>
        Stages.FirstOrDefault(other => other.Name == stage.Base) is { } parent ? Chain(parent).Append(stage) : [stage];

    static IEnumerable<Project> Needed(Project project) =>
        project.References.SelectMany(name => Needed(House.Projects.Single(other => other.Name == name))).Append(project).Distinct();
}
