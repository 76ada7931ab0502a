using System.Text;
using VmProxy.Repository.Keys;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>The reference implementation of Argon2, as Debian's python3-argon2 wraps it, is the judge.</summary>
sealed class PassphraseKeyTests
{
    static readonly byte[] Salt = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    [Test]
    public async Task Native_and_managed_derivation_agree_with_the_reference(
        [Values("correct horse", "x", "Grüße aus 東京")] string passphrase, [Values(1, 4)] int lanes, [Values(64, 65536)] int memory)
    {
        var expected = await Tool.RunAsync("/usr/bin/python3", [
            "-c",
            $"import argon2.low_level as a; print(a.hash_secret_raw({Bytes(Encoding.UTF8.GetBytes(passphrase))}, {Bytes(Salt)}, "
            + $"time_cost=3, memory_cost={memory}, parallelism={lanes}, hash_len=32, type=a.Type.ID).hex())"]);
        var key = await PassphraseKey.DeriveAsync(Encoding.UTF8.GetBytes(passphrase), Salt, new PassphraseCost(memory, 3, lanes));
        Assert.That(Convert.ToHexStringLower(key), Is.EqualTo(expected.Trim()));
    }

    static string Bytes(byte[] bytes) => $"bytes.fromhex('{Convert.ToHexString(bytes)}')";
}
