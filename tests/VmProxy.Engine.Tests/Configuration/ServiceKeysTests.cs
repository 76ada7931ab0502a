using VmProxy.Engine.Configuration;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Configuration;

/// <summary>Schedules, the service and notifications: each mistake is named with key, value and what is allowed.</summary>
sealed class ServiceKeysTests
{
    const string Jobs = "Jobs:0:";

    [TestCase("\"Schedule\": { \"Cron\": \"0 22 * *\" }", Jobs + "Schedule:Cron", "five fields as in crontab")]
    [TestCase("\"Schedule\": { \"Retries\": 1 }", Jobs + "Schedule:Cron", "is missing")]
    [TestCase("\"Schedule\": { \"Cron\": \"0 22 * * *\", \"TimeZone\": \"Europe/Nowhere\" }", Jobs + "Schedule:TimeZone", "Europe/Berlin")]
    [TestCase("\"Schedule\": { \"Cron\": \"0 22 * * *\", \"Windows\": [ \"22:00-06:00\", \"night\" ] }", Jobs + "Schedule:Windows:1", "Mon-Fri 20:00-06:00")]
    [TestCase("\"Schedule\": { \"Cron\": \"0 22 * * *\", \"Priority\": 10 }", Jobs + "Schedule:Priority", "1 to 9")]
    [TestCase("\"Exclude\": [ \"host:esx1\" ]", Jobs + "Exclude:0", "cluster:NAME")]
    [TestCase("\"BeforeJobCommand\": [ \"load\" ]", Jobs + "BeforeJobCommand:0", "no absolute path")]
    [TestCase("\"AfterVmCommand\": [ \"/etc/passwd\" ]", Jobs + "AfterVmCommand:0", "not executable")]
    public void A_mistake_in_a_job_is_named(string keys, string key, string why) => Expect(Errors(keys, ""), key, why);

    [TestCase("\"Service\": { \"Http\": { \"Address\": \"localhost\" } }", "Service:Http:Address", "127.0.0.1")]
    [TestCase("\"Service\": { \"StopTimeout\": \"00:00:01\" }", "Service:StopTimeout", "out of range")]
    [TestCase("\"Service\": { \"Logging\": { \"Console\": \"xml\" } }", "Service:Logging:Console", "text, json, none")]
    [TestCase("\"Notifications\": { \"SummaryCron\": \"7:00\" }", "Notifications:SummaryCron", "crontab")]
    [TestCase("\"Notifications\": { \"Mail\": { \"From\": \"a@example.com\", \"To\": [ \"b@example.com\" ] } }", "Notifications:Mail:Host", "is missing")]
    [TestCase("\"Notifications\": { \"Mail\": { \"Host\": \"m\", \"From\": \"a@example.com\", \"To\": [ \"nobody\" ] } }", "Notifications:Mail:To:0", "mail address")]
    [TestCase("\"Notifications\": { \"Mail\": { \"Host\": \"m\", \"From\": \"a@example.com\", \"To\": [ \"b@example.com\" ], \"User\": \"u\" } }", "Notifications:Mail:Password", "both User and Password")]
    [TestCase("\"Notifications\": { \"Mail\": { \"Host\": \"m\", \"From\": \"a@example.com\", \"To\": [ \"b@example.com\" ], \"User\": \"u\", \"Password\": \"env:P\", \"Security\": \"none\" } }", "Notifications:Mail:Security", "in clear")]
    [TestCase("\"Notifications\": { \"Mail\": { \"Host\": \"m\", \"From\": \"a@example.com\", \"To\": [ \"b@example.com\" ], \"Events\": [ \"everything\" ] } }", "Notifications:Mail:Events:0", "summary")]
    [TestCase("\"Notifications\": { \"Webhooks\": [ { \"Name\": \"a\", \"Url\": \"ftp://x\" } ] }", "Notifications:Webhooks:0:Url", "https://")]
    [TestCase("\"Notifications\": { \"Webhooks\": [ { \"Name\": \"a\", \"Url\": \"https://u:p@x\" } ] }", "Notifications:Webhooks:0:Url", "not shown here")]
    [TestCase("\"Notifications\": { \"Webhooks\": [ { \"Name\": \"a\", \"Url\": \"https://x\" }, { \"Name\": \"A\", \"Url\": \"https://y\" } ] }", "Notifications:Webhooks:1:Name", "is there twice")]
    public void A_mistake_in_the_service_is_named(string keys, string key, string why) => Expect(Errors("", ", " + keys), key, why);

    static void Expect(IReadOnlyList<ConfigurationError> errors, string key, string why)
    {
        var error = errors.Single();
        Assert.That(error.Key, Is.EqualTo($"VmProxy:{key}"));
        Assert.That(error.Message, Does.Contain(why));
        Assert.That(error.ToString(), Does.Not.Contain("u:p@"));
    }

    static IReadOnlyList<ConfigurationError> Errors(string jobKeys, string rootKeys)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["appsettings.json"], $$"""
            { "VmProxy": {
                "VCenters": [ { "Name": "main", "Url": "https://vc", "User": "u", "Password": "env:P" } ],
                "Repositories": [ { "Name": "local", "Path": "r", "Encryption": "none" } ],
                "Jobs": [ { "Name": "nightly", "Vms": [ "*" ]{{(jobKeys.Length > 0 ? ", " + jobKeys : "")}} } ]{{rootKeys}}
            } }
            """);
        try
        {
            ProxyConfiguration.Load(folder["appsettings.json"], new Dictionary<string, string> { ["P"] = "p" });
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Errors;
        }
    }
}
