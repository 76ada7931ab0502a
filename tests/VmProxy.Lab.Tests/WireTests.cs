using System.Net;
using System.Text;
using VmProxy.Vim25;

namespace VmProxy.Lab.Tests;

/// <summary>What a real server refuses before it looks at the meaning of a call.</summary>
public sealed class WireTests
{
    LabFixture _lab = null!;
    HttpClient _http = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _lab = await LabFixture.StartAsync();
        _http = LabTestClient.NewHttp(_lab.Server);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _lab.DisposeAsync();
    }

    [TestCase("<Login xmlns='urn:vim25'><_this type='SessionManager'>SessionManager</_this><password>lab</password><userName>x</userName></Login>")]
    [TestCase("<Login xmlns='urn:vim25'><_this type='SessionManager'>SessionManager</_this><userName>x</userName></Login>")]
    [TestCase("<Login xmlns='urn:vim25'><_this type='SessionManager'>SessionManager</_this><userName>x</userName><password>y</password><extra/></Login>")]
    [TestCase("<Login xmlns='urn:vim25'><userName>x</userName><_this type='SessionManager'>SessionManager</_this><password>y</password></Login>")]
    [TestCase("<Login xmlns='urn:vim25'><_this type='SessionManager'>SessionManager</_this><userName>x</userName><userName>x</userName><password>y</password></Login>")]
    [TestCase("<NoSuchThing xmlns='urn:vim25'><_this type='SessionManager'>SessionManager</_this></NoSuchThing>")]
    [TestCase("<Login xmlns='urn:other'><_this type='SessionManager'>SessionManager</_this></Login>")]
    [TestCase("<ReconfigVM_Task xmlns='urn:vim25'><_this type='VirtualMachine'>vm-1</_this><spec><name>n</name><changeVersion>1</changeVersion></spec></ReconfigVM_Task>")]
    [TestCase("<Login xmlns='urn:vim25'><_this type=")]
    public async Task A_request_that_breaks_the_schema_is_an_invalid_request(string body)
    {
        var (status, answer) = await PostAsync(body, "urn:vim25/6.7");
        Assert.That(status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(answer, Does.Contain("<InvalidRequestFault").And.Contain("ServerFaultCode"));
    }

    [TestCase("urn:vim25/99.9")]
    [TestCase("")]
    public async Task A_dialect_that_the_server_does_not_speak_is_refused(string action)
    {
        var (_, answer) = await PostAsync(
            "<RetrieveServiceContent xmlns='urn:vim25'><_this type='ServiceInstance'>ServiceInstance</_this></RetrieveServiceContent>", action);
        Assert.That(answer, Does.Contain("Unsupported version URI"));
    }

    [Test]
    public async Task The_cookie_is_quoted_and_comes_with_the_login_only()
    {
        using var first = await PostRawAsync(
            "<RetrieveServiceContent xmlns='urn:vim25'><_this type='ServiceInstance'>ServiceInstance</_this></RetrieveServiceContent>", "urn:vim25/6.7");
        Assert.That(first.Headers.Contains("Set-Cookie"), Is.False);
        using var login = await PostRawAsync(
            "<Login xmlns='urn:vim25'><_this type='SessionManager'>SessionManager</_this><userName>administrator@vsphere.local</userName><password>lab</password></Login>",
            "urn:vim25/6.7");
        Assert.That(login.Headers.GetValues("Set-Cookie").Single(), Does.Match("^vmware_soap_session=\"[0-9a-f]{40}\"; Path=/; HttpOnly; Secure"));
    }

    [Test]
    public async Task An_operation_that_the_object_lacks_is_not_found()
    {
        using var client = await LabTestClient.LoginAsync(_lab.Server);
        var wrongObject = Assert.ThrowsAsync<VimFaultException>(() => client.Vim.PowerOnVMTaskAsync(new("Datastore", "datastore-50")));
        Assert.That(wrongObject!.FaultType, Is.EqualTo("MethodNotFound"));
        var notServed = Assert.ThrowsAsync<VimFaultException>(() => client.Vim.ExportVmAsync(client.Vm("web")));
        Assert.That(notServed!.FaultType, Is.EqualTo("MethodNotFound"));
    }

    [Test]
    public async Task The_version_document_names_the_dialects()
    {
        var document = await _http.GetStringAsync(new Uri(_lab.Server.Url, "sdk/vimServiceVersions.xml"));
        Assert.That(document, Does.Contain("<version>6.7.1</version>").And.Contain("<version>6.0</version>"));
    }

    async Task<(HttpStatusCode Status, string Answer)> PostAsync(string body, string action)
    {
        using var response = await PostRawAsync(body, action);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    async Task<HttpResponseMessage> PostRawAsync(string body, string action)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_lab.Server.Url, "sdk"))
        {
            Content = new StringContent(
                $"<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/'><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>",
                Encoding.UTF8,
                "text/xml"),
        };
        request.Headers.TryAddWithoutValidation("SOAPAction", $"\"{action}\"");
        return await _http.SendAsync(request);
    }
}
