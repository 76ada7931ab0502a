using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests.Labels;

/// <summary>Tags and custom attributes, of a server that this project did not write.</summary>
public sealed class TagTests
{
    [Test]
    public async Task The_tags_of_vms_are_read_with_their_categories()
    {
        await using var server = await VcsimProcess.StartAsync(["-machines", "3"]);
        await using var connection = await Simulated.ConnectAsync(server);
        var vms = (await connection.ReadInventoryAsync(default)).VirtualMachines;
        Assert.That(await connection.Tags.ReadAsync(default), Is.Empty);

        using var rest = await Rest.LogInAsync(server);
        var backup = await rest.CreateAsync("category", new { create_spec = new { name = "Backup", description = "", cardinality = "MULTIPLE", associable_types = Array.Empty<string>() } });
        var nightly = await rest.CreateAsync("tag", new { create_spec = new { name = "Nightly", description = "", category_id = backup } });
        var weekly = await rest.CreateAsync("tag", new { create_spec = new { name = "Weekly", description = "", category_id = backup } });
        await rest.AttachAsync(nightly, vms[0].Id);
        await rest.AttachAsync(weekly, vms[0].Id);
        await rest.AttachAsync(nightly, vms[2].Id);
        // What is no VM bears tags too.
        await rest.AttachAsync(nightly, vms[0].HostId!.Value);

        var tags = await connection.Tags.ReadAsync(default);
        Assert.That(tags.Keys, Is.EquivalentTo(new[] { vms[0].Id, vms[2].Id }));
        Assert.That(tags[vms[0].Id], Is.EquivalentTo(new[] { "Backup/Nightly", "Backup/Weekly" }));
        Assert.That(tags[vms[2].Id], Is.EqualTo(new[] { "Backup/Nightly" }));
    }

    [Test]
    public async Task A_server_without_tags_says_so()
    {
        await using var server = await VcsimProcess.StartAsync(["-esx"]);
        await using var connection = await Simulated.ConnectAsync(server);
        var exception = Assert.ThrowsAsync<VsphereException>(() => connection.Tags.ReadAsync(default));
        Assert.That((exception!.Code, exception.Step), Is.EqualTo((VsphereErrorCodes.NotSupported, "reading tags")));
    }

    [Test]
    public async Task Custom_attributes_are_read_with_their_names()
    {
        await using var server = await VcsimProcess.StartAsync(["-machines", "3"]);
        await using var connection = await Simulated.ConnectAsync(server);
        var vms = (await connection.ReadInventoryAsync(default)).VirtualMachines;
        Assert.That(await connection.Attributes.ReadAsync(default), Is.Empty);

        var manager = new Vim25.ManagedObjectReference("CustomFieldsManager", "CustomFieldsManager");
        var client = connection.Caller.Live.Client;
        var field = await client.AddCustomFieldDefAsync(manager, "Backup", "VirtualMachine", null, null, default);
        await client.SetFieldAsync(manager, vms[1].Id.ToReference(), field.Key, "yes", default);
        var attributes = await connection.Attributes.ReadAsync(default);
        Assert.That(attributes.Keys, Is.EqualTo(new[] { vms[1].Id }));
        Assert.That(attributes[vms[1].Id], Is.EqualTo(new Dictionary<string, string> { ["Backup"] = "yes" }));
    }

    [Test]
    public async Task The_cluster_of_a_host_is_known()
    {
        await using var server = await VcsimProcess.StartAsync(["-hosts", "2"]);
        await using var connection = await Simulated.ConnectAsync(server);
        Assert.That((await connection.ReadInventoryAsync(default)).Hosts.Select(host => host.Cluster), Is.All.EqualTo("DC0_C0"));
    }

    /// <summary>Just enough of REST to make tags.</summary>
    sealed class Rest : IDisposable
    {
        readonly HttpClient _http;

        Rest(HttpClient http) => _http = http;

        public static async Task<Rest> LogInAsync(VcsimProcess server)
        {
            // A test's server on loopback, whose certificate is its own.
            var http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator })
            {
                BaseAddress = new Uri(server.Url, "/rest/com/vmware/cis/"),
            };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{VcsimProcess.User}:{VcsimProcess.Password}")));
            using var answer = await http.PostAsync("session", null);
            http.DefaultRequestHeaders.Add("vmware-api-session-id", (await ValueAsync(answer)).GetValue<string>());
            return new Rest(http);
        }

        public async Task<string> CreateAsync(string what, object spec)
        {
            using var answer = await _http.PostAsJsonAsync($"tagging/{what}", spec);
            return (await ValueAsync(answer)).GetValue<string>();
        }

        public async Task AttachAsync(string tag, ObjectId id)
        {
            using var answer = await _http.PostAsJsonAsync(
                $"tagging/tag-association/id:{tag}?~action=attach", new { object_id = new { type = id.Type, id = id.Value } });
            answer.EnsureSuccessStatusCode();
        }

        public void Dispose() => _http.Dispose();

        static async Task<JsonNode> ValueAsync(HttpResponseMessage answer)
        {
            answer.EnsureSuccessStatusCode();
            return (await answer.Content.ReadFromJsonAsync<JsonNode>())!["value"]!;
        }
    }
}
