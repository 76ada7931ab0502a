using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VmProxy.Vsphere;

/// <summary>A pinned certificate: the SHA-256 or SHA-1 digest of its DER form.</summary>
sealed class CertificateThumbprint
{
    const int Sha1Length = 20;
    const int Sha256Length = 32;

    readonly byte[] _digest;

    CertificateThumbprint(byte[] digest) => _digest = digest;

    /// <summary>Reads hex digits with or without colons or blanks.</summary>
    public static bool TryParse(string text, out CertificateThumbprint? thumbprint)
    {
        string digits = string.Concat(text.Where(c => c is not (':' or ' ' or '-')));
        thumbprint = digits.Length is Sha1Length * 2 or Sha256Length * 2 && digits.All(char.IsAsciiHexDigit)
            ? new CertificateThumbprint(Convert.FromHexString(digits))
            : null;
        return thumbprint is not null;
    }

    public bool Matches(X509Certificate certificate) => CryptographicOperations.FixedTimeEquals(
        _digest, Digest(certificate, _digest.Length));

    /// <summary>The digest of another certificate in the form of this pin, so that a person can compare the two.</summary>
    public string SameFormOf(X509Certificate certificate) => Format(Digest(certificate, _digest.Length));

    public override string ToString() => Format(_digest);

    /// <summary>SHA-256 of a certificate, as people verify it.</summary>
    public static string Sha256Of(X509Certificate certificate) => Format(Digest(certificate, Sha256Length));

#pragma warning disable CA5350 // vSphere shows SHA-1 thumbprints; a pin compares them, nothing is signed with them.
    static byte[] Digest(X509Certificate certificate, int length)
        => length == Sha1Length ? SHA1.HashData(certificate.GetRawCertData()) : SHA256.HashData(certificate.GetRawCertData());
#pragma warning restore CA5350

    static string Format(byte[] digest) => string.Join(
        ':', digest.Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));
}
