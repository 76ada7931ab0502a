using System.Reflection;
using System.Text.RegularExpressions;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Configuration.Binding;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Configuration;

/// <summary>appsettings.example.json is complete, loads, and shows the defaults.</summary>
sealed partial class ExampleFileTests
{
    static readonly Dictionary<string, string> Environment = new(StringComparer.Ordinal)
    {
        ["VMPROXY_VCENTER_PASSWORD"] = "p",
        ["VMPROXY_REPOSITORY_PASSPHRASE"] = "q",
        ["VMPROXY_MAIL_PASSWORD"] = "r",
        ["VMPROXY_WEBHOOK_SECRET"] = "s",
    };

    // Keys for which no default can be right, so that the example shows something else.
    static readonly string[] WithoutDefault = ["Name", "Url", "User", "Password", "Thumbprint", "CaFile", "Path", "Passphrase", "KeyFile", "PaperKey", "ProxyVm", "VCenter", "Repository", "Vms", "Exclude", "ExcludeDisks", "FreezeCommand", "ThawCommand", "HostAddresses", "BeforeJobCommand", "AfterJobCommand", "BeforeVmCommand", "AfterVmCommand", "Cron", "TimeZone", "Windows", "Folder", "Webhooks", "Host", "From", "To", "Secret"];

    static string ExampleFile
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "VmProxy.sln")))
            {
                folder = folder.Parent ?? throw new DirectoryNotFoundException("No VmProxy.sln above the tests.");
            }

            return Path.Combine(folder.FullName, "appsettings.example.json");
        }
    }

    [Test]
    public void It_loads_and_shows_the_default_of_every_key_that_has_one()
    {
        var settings = ProxyConfiguration.Load(ExampleFile, Environment).Settings;
        Assert.That(settings.CatalogPath, Is.EqualTo(new ProxySettings().CatalogPath));
        ShowsDefaults(settings.State, new StateSettings());
        ShowsDefaults(settings.Transports, new TransportSettings());
        ShowsDefaults(settings.Transports.HotAdd, new HotAddSettings());
        ShowsDefaults(settings.Guard, new GuardSettings());
        ShowsDefaults(settings.VCenters.Single(), new VcenterSettings { Name = "", Url = new Uri("https://x"), User = "", Password = null! });
        ShowsDefaults(settings.Repositories.Single(), new RepositorySettings { Name = "", Path = "" });
        ShowsDefaults(settings.Jobs.Single(), new JobSettings { Name = "", Vms = [] });
        ShowsDefaults(settings.Jobs.Single().Limits, new LimitSettings());
        ShowsDefaults(settings.Jobs.Single().SpotCheck, new SpotCheckSettings());
        ShowsDefaults(settings.Jobs.Single().Schedule!, new ScheduleSettings { Cron = "" });
        ShowsDefaults(settings.Service, new ServiceSettings());
        ShowsDefaults(settings.Service.Http, new HttpSettings());
        ShowsDefaults(settings.Service.Logging, new LoggingSettings());
        ShowsDefaults(settings.Notifications, new NotificationSettings());
        ShowsDefaults(settings.Notifications.Mail!, new MailSettings { Host = "", From = "", To = [] });
        ShowsDefaults(settings.Notifications.Webhooks.Single(), new WebhookSettings { Name = "", Url = new Uri("https://x") });
    }

    [Test]
    public void It_shows_every_key()
    {
        var shown = QuotedKey().Matches(File.ReadAllText(ExampleFile)).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.That(KeysBelow(typeof(ProxySettings)).Distinct().Where(key => !shown.Contains(key)), Is.Empty);
    }

    [Test]
    public void Its_commented_keys_can_be_used()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["ca.pem"], "");
        var text = File.ReadAllText(ExampleFile)
            .Replace("// \"CaFile\": \"/etc/vmproxy/ca.pem\"", $"\"CaFile\": \"{folder["ca.pem"]}\"", StringComparison.Ordinal);
        text = ThumbprintLine().Replace(text, "");
        File.WriteAllText(folder["appsettings.json"], text);
        Assert.That(ProxyConfiguration.Load(folder["appsettings.json"], Environment).Settings.VCenters[0].CaFile, Is.EqualTo(folder["ca.pem"]));
    }

    [Test]
    public void Its_commented_commands_can_be_used()
    {
        using var folder = new TempFolder();
        var text = CommentedCommand().Replace(File.ReadAllText(ExampleFile), "\"$1\": [ \"/bin/true\" ]")
            .Replace("// \"FreezeCommand\": [ \"/etc/vmproxy/freeze\"", "\"FreezeCommand\": [ \"/bin/true\"", StringComparison.Ordinal)
            .Replace("// \"ThawCommand\": [ \"/etc/vmproxy/thaw\"", "\"ThawCommand\": [ \"/bin/false\"", StringComparison.Ordinal);
        File.WriteAllText(folder["appsettings.json"], text);
        var job = ProxyConfiguration.Load(folder["appsettings.json"], Environment).Settings.Jobs[0];
        Assert.That((job.FreezeCommand[0], job.ThawCommand[1]), Is.EqualTo(("/bin/true", "--now")));
        Assert.That(new[] { job.BeforeJobCommand, job.AfterJobCommand, job.BeforeVmCommand, job.AfterVmCommand }, Is.All.EqualTo(new[] { "/bin/true" }));
    }

    [TestCase("KeyFile", "file:/etc/vmproxy/repository.key")]
    [TestCase("PaperKey", "file:/root/paper-key.txt")]
    public void Its_other_keys_of_a_repository_can_be_used(string key, string reference)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["key"], "secret");
        var text = File.ReadAllText(ExampleFile)
            .Replace($"// \"{key}\": \"{reference}\"", $"\"{key}\": \"file:{folder["key"]}\"", StringComparison.Ordinal);
        File.WriteAllText(folder["appsettings.json"], text);
        Assert.That(() => ProxyConfiguration.Load(folder["appsettings.json"], Environment), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("remove one"));
        File.WriteAllText(folder["appsettings.json"], PassphraseLine().Replace(text, ""));
        var settings = ProxyConfiguration.Load(folder["appsettings.json"], Environment).Settings.Repositories[0];
        Assert.That((key == "KeyFile" ? settings.KeyFile : settings.PaperKey)!.Reveal(), Is.EqualTo("secret"));
    }

    static void ShowsDefaults(object shown, object defaults)
    {
        foreach (var property in SettingsBinder.Keys(shown.GetType()).Where(property => !WithoutDefault.Contains(property.Name) && !IsNested(property)))
        {
            Assert.That(property.GetValue(shown), Is.EqualTo(property.GetValue(defaults)), $"{shown.GetType().Name}.{property.Name}");
        }
    }

    static bool IsNested(PropertyInfo property) => SettingsBinder.IsSection(property.PropertyType);

    static IEnumerable<string> KeysBelow(Type type) => SettingsBinder.Keys(type).SelectMany(property =>
    {
        var inner = SettingsBinder.ElementOf(property.PropertyType) ?? property.PropertyType;
        return SettingsBinder.IsSection(inner) ? KeysBelow(inner).Prepend(property.Name) : [property.Name];
    });

    [GeneratedRegex("\"([A-Za-z]+)\":")]
    private static partial Regex QuotedKey();

    [GeneratedRegex("\"Thumbprint\":.*")]
    private static partial Regex ThumbprintLine();

    [GeneratedRegex("// \"((?:Before|After)(?:Job|Vm)Command)\": \\[[^\\]]*\\]")]
    private static partial Regex CommentedCommand();

    [GeneratedRegex("\"Passphrase\":.*")]
    private static partial Regex PassphraseLine();
}
