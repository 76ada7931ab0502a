using System.Globalization;
using System.Security.Cryptography;

namespace VmProxy.Repository.Points;

/// <summary>Ids of points: UTC time to the second and a few random characters, such as 20261122T231505Z-k3f9.</summary>
internal static class PointId
{
    const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Create(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + "-" + RandomNumberGenerator.GetString(Alphabet, 4);
}
