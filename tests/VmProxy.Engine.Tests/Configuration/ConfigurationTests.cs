using VmProxy.Engine.Configuration;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Configuration;

sealed class ConfigurationTests
{
    const string Smallest = """
        {
          // comments are allowed
          "VmProxy": {
            "VCenters": [ { "Name": "main", "Url": "https://vc.example.com", "User": "u", "Password": "env:PW" } ],
            "Repositories": [ { "Name": "local", "Path": "repo", "Passphrase": "file:key.txt" } ],
            "Jobs": [ { "Name": "nightly", "Vms": [ "*" ] } ],
          }
        }
        """;

    TempFolder _folder = null!;
    Dictionary<string, string> _environment = null!;

    string File => _folder["appsettings.json"];

    [SetUp]
    public void Prepare()
    {
        _folder = new TempFolder();
        System.IO.File.WriteAllText(_folder["key.txt"], "pass phrase\n");
        _environment = new(StringComparer.Ordinal) { ["PW"] = "hunter2", ["PATH"] = "/bin" };
    }

    [TearDown]
    public void Clean() => _folder.Dispose();

    ProxySettings Load(string json)
    {
        System.IO.File.WriteAllText(File, json);
        return ProxyConfiguration.Load(File, _environment).Settings;
    }

    ConfigurationException Fail(string json) => Assert.Throws<ConfigurationException>(() => Load(json))!;

    /// <summary>The smallest good configuration with one text replaced, and the errors that this makes.</summary>
    IReadOnlyList<ConfigurationError> ErrorsWith(string old, string replacement)
    {
        var json = Smallest.Replace(old, replacement, StringComparison.Ordinal);
        Assert.That(json, Is.Not.EqualTo(Smallest), $"{old} is not there");
        return Fail(json).Errors;
    }

    [Test]
    public void The_smallest_configuration_has_the_defaults()
    {
        var settings = Load(Smallest);
        var job = settings.FindJob(null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.VcenterOf(job).Password.Reveal(), Is.EqualTo("hunter2"));
            Assert.That(settings.RepositoryOf(job).Passphrase!.Reveal(), Is.EqualTo("pass phrase"));
            Assert.That(settings.RepositoryOf(job).Path, Is.EqualTo(_folder["repo"]), "relative to the file");
            Assert.That(settings.RepositoryOf(job).ChunkSize.Bytes, Is.EqualTo(65_536));
            Assert.That(settings.CatalogPath, Is.EqualTo("/var/lib/vmproxy/catalog.db"));
            Assert.That(settings.Transports.Order, Is.EqualTo(new[] { "hotadd" }));
            Assert.That((job.Level, job.Quiesce, job.EnableChangeTracking), Is.EqualTo((BackupLevel.Incremental, QuiesceMode.Prefer, false)));
        }
    }

    [Test]
    public void The_environment_goes_over_the_file_and_suffices_alone()
    {
        _environment["VmProxy__VCenters__0__Url"] = "https://other.example.com:8443/sdk";
        _environment["VMPROXY__Jobs__0__Limits__ConcurrentDisks"] = "9";
        _environment["VmProxy__Jobs__0__Vms__1"] = "db*";
        var settings = Load(Smallest);
        Assert.That(settings.VCenters[0].Url.Port, Is.EqualTo(8443));
        Assert.That(settings.Jobs[0].Limits.ConcurrentDisks, Is.EqualTo(9));
        Assert.That(settings.Jobs[0].Vms, Is.EqualTo(new[] { "*", "db*" }));

        var alone = ProxyConfiguration.Load(null, new Dictionary<string, string> { ["VmProxy__State__Folder"] = "/srv/v" }, [_folder["none.json"]]);
        Assert.That((alone.Settings.CatalogPath, alone.File), Is.EqualTo(("/srv/v/catalog.db", (string?)null)));
    }

    [Test]
    public void The_usual_places_are_tried_in_order_and_named_when_empty()
    {
        string[] places = [_folder["first.json"], _folder["second.json"]];
        var exception = Assert.Throws<ConfigurationException>(() => ProxyConfiguration.Load(null, _environment, places));
        Assert.That(exception.Code, Is.EqualTo(ConfigurationException.NotFound));
        Assert.That(exception.Message, Does.Contain(places[0]).And.Contain(places[1]).And.Contain("--config"));

        System.IO.File.WriteAllText(places[1], Smallest);
        Assert.That(ProxyConfiguration.Load(null, _environment, places).File, Is.EqualTo(places[1]));
        System.IO.File.WriteAllText(places[0], Smallest);
        Assert.That(ProxyConfiguration.Load(null, _environment, places).File, Is.EqualTo(places[0]));
        Assert.That(Assert.Throws<ConfigurationException>(() => ProxyConfiguration.Load(_folder["gone.json"], _environment)).Message,
            Does.Contain("gone.json"));
    }

    [TestCase("{ \"VmProxy\": ")]
    [TestCase("VmProxy = yes")]
    [TestCase("[]")]
    [TestCase("")]
    [TestCase("{ \"VmProxy\": { \"State\": { \"Folder\": \"a\", \"Folder\": \"b\" } } }")]
    public void Broken_json_is_named_with_its_file(string json)
    {
        var exception = Fail(json);
        Assert.That(exception.Code, Is.EqualTo(ConfigurationException.Unreadable));
        Assert.That(exception.Message, Does.Contain(File));
    }

    [Test]
    public void A_missing_root_key_names_what_is_there_instead()
    {
        var exception = Fail("""{ "Logging": {}, "VmProxi": { "State": { "Folder": "/x" } } }""");
        Assert.That(exception.Message, Does.Contain("no root key VmProxy").And.Contain("VmProxi"));
    }

    [Test]
    public void Every_error_is_reported_at_once_with_its_key()
    {
        var exception = Fail("""
            { "VmProxy": {
                "VCenters": [ { "Name": "main", "Url": "http://vc", "User": "", "Password": "hunter2", "PageSize": "many" } ],
                "Repositories": [ { "Name": "a b", "Path": "r", "Encryption": "rot13" }, { "Name": "x", "Path": "r", "Encryption": "none", "ChunkSize": "100 KB" } ],
                "Jobs": [ { "Name": "j", "VCenter": "mian", "Quiesce": "maybe", "Vms": [ "a", "" ], "Limits": { "ConcurrentVms": 0 } } ],
                "Guard": { "FreeSpacePercent": 150, "FreeWarningPercent": 5 },
                "Transports": { "Order": [ "hotad" ], "HotAdd": 3 },
                "Catalogue": { "Path": "x" } } }
            """);
        Assert.That(exception.Code, Is.EqualTo(ConfigurationException.Invalid));
        Assert.That(exception.Errors.Select(error => error.Key), Is.EquivalentTo(new[]
        {
            "VmProxy:Catalogue",
            "VmProxy:VCenters:0:Url",
            "VmProxy:VCenters:0:User",
            "VmProxy:VCenters:0:Password",
            "VmProxy:VCenters:0:PageSize",
            "VmProxy:Repositories:0:Name",
            "VmProxy:Repositories:0:Encryption",
            "VmProxy:Repositories:0:Passphrase",
            "VmProxy:Repositories:1:Path",
            "VmProxy:Repositories:1:ChunkSize",
            "VmProxy:Jobs:0:VCenter",
            "VmProxy:Jobs:0:Repository",
            "VmProxy:Jobs:0:Quiesce",
            "VmProxy:Jobs:0:Vms:1",
            "VmProxy:Jobs:0:Limits:ConcurrentVms",
            "VmProxy:Guard:FreeSpacePercent",
            "VmProxy:Guard:FreeCriticalPercent",
            "VmProxy:Transports:Order:0",
            "VmProxy:Transports:HotAdd",
        }));
        Assert.That(exception.Message, Does.Contain("19 errors").And.Contain(File).And.Not.Contain("hunter2"));
        foreach (var error in exception.Errors)
        {
            Assert.That(exception.Message, Does.Contain(error.ToString()));
        }
    }

    [TestCase("\"User\": \"u\"", "\"Usr\": \"u\"", "VmProxy:VCenters:0:Usr", "VmProxy:VCenters:0:User")]
    [TestCase("\"Repositories\"", "\"Repository\"", "VmProxy:Repository", "VmProxy:Repositories")]
    [TestCase("\"Vms\": [ \"*\" ]", "\"Vms\": { \"first\": \"*\" }", "VmProxy:Jobs:0:Vms:first", "VmProxy:Jobs:0:Vms:0")]
    public void An_unknown_key_names_the_nearest_known_one(string old, string replacement, string key, string nearest)
    {
        var error = ErrorsWith(old, replacement).First(error => error.Message.StartsWith("unknown key", StringComparison.Ordinal));
        Assert.That(error.Key, Is.EqualTo(key));
        Assert.That(error.Message, Does.EndWith(nearest));
    }

    [Test]
    public void An_unknown_key_of_the_environment_is_an_error_too()
    {
        _environment["VmProxy__Job__0__Name"] = "secret value";
        var exception = Fail(Smallest);
        Assert.That(exception.Errors.Single().ToString(), Does.Contain("VmProxy:Job:").And.EndWith("VmProxy:Jobs").And.Not.Contain("secret value"));
    }

    [TestCase("\"https://vc.example.com\"", "\"vc.example.com\"", "VmProxy:VCenters:0:Url", "https://")]
    [TestCase("\"https://vc.example.com\"", "\"https://me:topsecret@vc\"", "VmProxy:VCenters:0:Url", "User and Password")]
    [TestCase("\"User\": \"u\"", "\"User\": \"u\", \"Thumbprint\": \"AA:BB\"", "VmProxy:VCenters:0:Thumbprint", "SHA-256")]
    [TestCase("\"User\": \"u\"", "\"User\": \"u\", \"CaFile\": \"gone.pem\"", "VmProxy:VCenters:0:CaFile", "no such file")]
    [TestCase("\"User\": \"u\"", "\"User\": \"u\", \"KeepAlive\": \"01:00:00\"", "VmProxy:VCenters:0:KeepAlive", "00:00:01 to 00:25:00")]
    [TestCase("\"User\": \"u\"", "\"User\": \"u\", \"CallTimeout\": \"90\"", "VmProxy:VCenters:0:CallTimeout", "hh:mm:ss")]
    [TestCase("\"User\": \"u\"", "\"User\": [ \"u\" ]", "VmProxy:VCenters:0:User", "one value")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"CompressionLevel\": 99", "VmProxy:Repositories:0:CompressionLevel", "1 to 19")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"ChunkSize\": \"-1\"", "VmProxy:Repositories:0:ChunkSize", "64 KiB")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"ChunkSize\": \"96 KiB\"", "VmProxy:Repositories:0:ChunkSize", "power of two")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"Encryption\": \"none\"", "VmProxy:Repositories:0:Passphrase", "Remove one")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"Keep\": { \"Daily\": -1 }", "VmProxy:Repositories:0:Keep:Daily", "0 to 10000")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"Keep\": { \"Daily\": 0 }", "VmProxy:Repositories:0:Keep", "no rule")]
    [TestCase("\"Path\": \"repo\"", "\"Path\": \"repo\", \"PruneGrace\": \"1 day\"", "VmProxy:Repositories:0:PruneGrace", "hh:mm:ss")]
    [TestCase("\"Vms\": [ \"*\" ]", "\"Vms\": [ \"*\" ], \"Level\": \"diff\"", "VmProxy:Jobs:0:Level", "full, incremental, differential")]
    [TestCase("\"Vms\": [ \"*\" ]", "\"Vms\": [ \"*\" ], \"EnableChangeTracking\": \"1\"", "VmProxy:Jobs:0:EnableChangeTracking", "true or false")]
    [TestCase("\"Vms\": [ \"*\" ]", "\"Vms\": \"web\"", "VmProxy:Jobs:0:Vms", "list")]
    [TestCase("\"Vms\": [ \"*\" ]", "\"Vms\": []", "VmProxy:Jobs:0:Vms", "must be set")]
    [TestCase("\"Vms\": [ \"*\" ]", "\"Vms\": [ \"*\" ], \"Repository\": \"lokal\"", "VmProxy:Jobs:0:Repository", "Allowed: local")]
    public void A_wrong_value_is_met_by_what_is_allowed(string old, string replacement, string key, string message)
    {
        var error = ErrorsWith(old, replacement).Single();
        Assert.That(error.Key, Is.EqualTo(key));
        Assert.That(error.Message, Does.Contain(message));
        Assert.That(error.ToString(), Does.Not.Contain("topsecret"));
    }

    [TestCase("hunter2", "env:NAME or file:PATH")]
    [TestCase("ENV:PW", "env:NAME or file:PATH")]
    [TestCase("env:NOT_SET", "NOT_SET is not set")]
    [TestCase("env:EMPTY", "EMPTY is not set or is empty")]
    [TestCase("file:gone.txt", "gone.txt")]
    [TestCase("file:empty.txt", "is empty")]
    [TestCase("file:large.txt", "larger than 64 KiB")]
    public void A_secret_must_be_a_reference_that_leads_somewhere(string reference, string message)
    {
        _environment["EMPTY"] = "";
        System.IO.File.WriteAllText(_folder["empty.txt"], "\n");
        System.IO.File.WriteAllBytes(_folder["large.txt"], new byte[70_000]);
        var error = ErrorsWith("env:PW", reference).Single();
        Assert.That(error.Key, Is.EqualTo("VmProxy:VCenters:0:Password"));
        Assert.That(error.Message, Does.Contain(message));
        Assert.That(error.ToString(), Does.Not.Contain("hunter2"));
    }

    [Test]
    public void A_secret_prints_as_its_reference()
    {
        var vcenter = Load(Smallest).VCenters[0];
        Assert.That($"{vcenter.Password}", Is.EqualTo("env:PW"));
        Assert.That(System.Text.Json.JsonSerializer.Serialize(vcenter), Does.Not.Contain("hunter2"));
    }

    [Test]
    public void A_name_that_leaves_the_choice_open_lists_the_choices()
    {
        var settings = Load(Smallest.Replace(
            "\"Jobs\": [ ", "\"Jobs\": [ { \"Name\": \"weekly\", \"Vms\": [ \"db\" ] }, ", StringComparison.Ordinal));
        Assert.That(settings.FindJob("NIGHTLY").Name, Is.EqualTo("nightly"));
        Assert.That(Assert.Throws<ConfigurationException>(() => settings.FindJob(null)).Message, Does.Contain("weekly, nightly"));
        Assert.That(Assert.Throws<ConfigurationException>(() => settings.FindJob("daily")).Message, Does.Contain("'daily'").And.Contain("weekly, nightly"));
    }
}
