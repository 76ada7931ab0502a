using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VmProxy.Vsphere;

/// <summary>
/// Decides whether the server at the other end is the one that was configured: by its pinned thumbprint, by the authorities of a file, or by the
/// system's authorities. A refusal is thrown out of the TLS handshake as a <see cref="VsphereException"/> that prints what it saw.
/// </summary>
sealed class ServerCertificateCheck
{
    const string Step = "checking the server's certificate";

    readonly string _server;
    readonly CertificateThumbprint? _pin;
    readonly X509Certificate2Collection? _authorities;

    ServerCertificateCheck(string server, CertificateThumbprint? pin, X509Certificate2Collection? authorities)
    {
        _server = server;
        _pin = pin;
        _authorities = authorities;
    }

    public static ServerCertificateCheck Create(VcenterOptions options)
    {
        CertificateThumbprint? pin = null;
        if (!string.IsNullOrWhiteSpace(options.Thumbprint) && !CertificateThumbprint.TryParse(options.Thumbprint, out pin))
        {
            throw Invalid(
                options,
                $"the thumbprint '{options.Thumbprint}' is not 40 or 64 hexadecimal digits.",
                "Write the SHA-256 of the certificate.");
        }

        return new ServerCertificateCheck(options.Name, pin, pin is null ? ReadAuthorities(options) : null);
    }

    /// <summary>A handler that speaks only to the right server. It follows no redirect: an address elsewhere is another server.</summary>
    public SocketsHttpHandler CreateHandler(TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accept(certificate, chain, errors),
        },
    };

    internal bool Accept(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            throw Refusal(
                VsphereErrorCodes.CertificateUntrusted,
                "it showed no certificate.",
                "Check that the address is that of a vCenter or host.");
        }

        if (_pin is not null)
        {
            return _pin.Matches(certificate)
                ? true
                : throw Refusal(
                    VsphereErrorCodes.ThumbprintMismatch,
                    $"its thumbprint is {_pin.SameFormOf(certificate)}, configured is {_pin}.",
                    "If the certificate was renewed, verify the new thumbprint at the server and configure it; else somebody may be in between.");
        }

        string problem = _authorities is null ? Describe(errors, chain) : Judge(certificate, errors);
        return problem.Length == 0
            ? true
            : throw Refusal(
                VsphereErrorCodes.CertificateUntrusted,
                $"{problem}.",
                $"Verify at the server that its SHA-256 thumbprint is {CertificateThumbprint.Sha256Of(certificate)}, then configure it as Thumbprint, or name the authority as CaFile.");
    }

    string Judge(X509Certificate certificate, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return Describe(SslPolicyErrors.RemoteCertificateNameMismatch, null);
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities!);
        using var subject = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(subject) ? "" : Describe(SslPolicyErrors.RemoteCertificateChainErrors, own);
    }

    static string Describe(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors == SslPolicyErrors.None)
        {
            return "";
        }

        List<string> parts = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            parts.Add("it is made out to another name");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            parts.AddRange(chain?.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')) ?? []);
        }

        return parts.Count == 0 ? "it is not trusted" : string.Join("; ", parts);
    }

    static X509Certificate2Collection? ReadAuthorities(VcenterOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.CaFile))
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(options.CaFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Invalid(
                options,
                $"the file of authorities '{options.CaFile}' cannot be read: {exception.Message}",
                "Name a readable PEM file.",
                exception);
        }

        return authorities.Count > 0
            ? authorities
            : throw Invalid(
                options, $"the file of authorities '{options.CaFile}' holds no certificate.", "Name a PEM file with certificates.");
    }

    static VsphereException Invalid(VcenterOptions options, string reason, string next, Exception? cause = null)
        => new(VsphereErrorCodes.OptionInvalid, options.Name, "reading the options", reason, next, cause);

    VsphereException Refusal(string code, string reason, string next) => new(code, _server, Step, reason, next);
}
