using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests.Session;

public sealed class CertificateTests
{
    VcsimProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await VcsimProcess.StartAsync([]);

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task A_pinned_thumbprint_is_accepted_in_every_usual_form()
    {
        string colons = Colons(_server.Sha256);
        foreach (string form in new[] { _server.Sha256, _server.Sha1, colons, colons.ToUpperInvariant() })
        {
            await using var connection = await Simulated.ConnectAsync(Simulated.Options(_server) with { Thumbprint = form });
            Assert.That(connection.IsVcenter, form);
        }
    }

    [TestCase("SHA-256", 64)]
    [TestCase("SHA-1", 40)]
    public void Another_thumbprint_is_refused_with_both_named(string kind, int digits)
    {
        string wrong = new('a', digits);
        var failure = Refused(Simulated.Options(_server) with { Thumbprint = wrong });
        Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.ThumbprintMismatch), kind);
        Assert.That(failure.Message, Does.Contain("AA:AA:AA").And.Contain(Colons(digits == 64 ? _server.Sha256 : _server.Sha1)));
    }

    [Test]
    public void A_certificate_that_nobody_vouches_for_is_refused_with_the_thumbprint_to_verify()
    {
        var failure = Refused(Simulated.Options(_server) with { Thumbprint = null });
        Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.CertificateUntrusted));
        Assert.That(failure.Message, Does.Contain(Colons(_server.Sha256)));
    }

    [Test]
    public async Task The_authority_of_a_file_is_accepted()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["ca.pem"], _server.CertificatePem);
        await using var connection = await Simulated.ConnectAsync(
            Simulated.Options(_server) with { Thumbprint = null, CaFile = folder["ca.pem"] });
        Assert.That(connection.IsVcenter);
    }

    [Test]
    public async Task A_name_that_the_certificate_does_not_bear_is_refused_even_from_a_trusted_authority()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["ca.pem"], _server.CertificatePem);
        var byName = new UriBuilder(_server.Url) { Host = "localhost" }.Uri;
        var failure = Refused(Simulated.Options(_server) with { Url = byName, Thumbprint = null, CaFile = folder["ca.pem"] });
        Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.CertificateUntrusted));
        Assert.That(failure.Message, Does.Contain("another name"));
    }

    [Test]
    public async Task Options_that_cannot_work_are_named()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["empty.pem"], "nothing here");
        var options = Simulated.Options(_server);
        foreach (var (wrong, named) in new[]
        {
            (options with { Thumbprint = "abc" }, "'abc'"),
            (options with { Thumbprint = null, CaFile = folder["missing.pem"] }, "missing.pem"),
            (options with { Thumbprint = null, CaFile = folder["empty.pem"] }, "empty.pem"),
            (options with { Url = new Uri("http://127.0.0.1/sdk") }, "http://127.0.0.1/sdk"),
        })
        {
            var failure = Refused(wrong);
            Assert.That(failure.Code, Is.EqualTo(VsphereErrorCodes.OptionInvalid));
            Assert.That(failure.Message, Does.Contain(named));
        }
    }

    static VsphereException Refused(VcenterOptions options)
        => Assert.ThrowsAsync<VsphereException>(async () =>
        {
            await using var connection = await Simulated.ConnectAsync(options);
        })!;

    static string Colons(string digits) => string.Join(':', digits.ToUpperInvariant().Chunk(2).Select(pair => new string(pair)));
}
