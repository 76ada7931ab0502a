using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VmProxy.Lab;

/// <summary>The server's self-signed certificate, made anew for each lab.</summary>
internal sealed class LabCertificate : IDisposable
{
    LabCertificate(X509Certificate2 certificate) => Certificate = certificate;

    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256, as pairs of upper-case digits joined by colons.</summary>
    public string Thumbprint =>
        string.Join(':', Certificate.GetCertHash(HashAlgorithmName.SHA256).Select(value => value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    public static LabCertificate Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=VmProxy lab", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return new LabCertificate(request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1)));
    }

    public void Dispose() => Certificate.Dispose();
}
