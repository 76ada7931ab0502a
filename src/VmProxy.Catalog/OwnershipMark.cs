using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace VmProxy.Catalog;

/// <summary>
/// A keyed mark for the description of a snapshot that we make. It proves, without the journal, that the snapshot of this VM was made by a
/// certain run of this installation: a name alone could be typed by anybody, and a mark copied to another VM does not verify.
/// </summary>
public sealed partial class OwnershipMark
{
    // 128 bits of the HMAC: short enough for a description that people read, far beyond guessing.
    const int MacBytes = 16;

    readonly string _installationId;
    readonly byte[] _secret;

    /// <summary>Creates the marker of an installation.</summary>
    /// <param name="installationId">Identity of the installation, without spaces or brackets.</param>
    /// <param name="secret">The installation's random key, at least 16 bytes.</param>
    public OwnershipMark(string installationId, ReadOnlySpan<byte> secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(installationId);
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, 16);
        _installationId = installationId;
        _secret = secret.ToArray();
    }

    /// <summary>The text to put into the snapshot's description: a sentence for people, then the mark in brackets.</summary>
    /// <param name="runId">The run that makes the snapshot.</param>
    /// <param name="vcenterUuid">The vCenter's instance UUID.</param>
    /// <param name="vmInstanceUuid">The VM's instance UUID.</param>
    public string Create(string runId, string vcenterUuid, string vmInstanceUuid) =>
        $"Made by VmProxy for a backup; it removes this snapshot itself. [vmproxy 1 {_installationId} {runId} {Mac(runId, vcenterUuid, vmInstanceUuid)}]";

    /// <summary>Judges a snapshot's description as found in vCenter; foreign text is never trusted.</summary>
    /// <param name="description">The whole description; null when there is none.</param>
    /// <param name="vcenterUuid">The vCenter where it was found.</param>
    /// <param name="vmInstanceUuid">The VM where it was found.</param>
    public OwnershipVerdict Verify(string? description, string vcenterUuid, string vmInstanceUuid)
    {
        var match = Shape().Match(description ?? "");
        if (!match.Success)
        {
            return new OwnershipVerdict(Ownership.NotMarked, null);
        }

        var runId = match.Groups["run"].Value;
        if (match.Groups["installation"].Value != _installationId)
        {
            return new OwnershipVerdict(Ownership.OtherInstallation, runId);
        }

        var expected = Encoding.ASCII.GetBytes(Mac(runId, vcenterUuid, vmInstanceUuid));
        var found = Encoding.ASCII.GetBytes(match.Groups["mac"].Value);
        return new OwnershipVerdict(CryptographicOperations.FixedTimeEquals(expected, found) ? Ownership.Ours : Ownership.NotProven, runId);
    }

    string Mac(string runId, string vcenterUuid, string vmInstanceUuid)
    {
        // UUIDs are compared without regard to case, as vCenter itself prints them both ways.
        var text = string.Join('\0', "vmproxy-mark-1", _installationId, runId, vcenterUuid.ToLowerInvariant(), vmInstanceUuid.ToLowerInvariant());
        return Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(text)).AsSpan(0, MacBytes));
    }

    [GeneratedRegex(@"\[vmproxy 1 (?<installation>[0-9a-zA-Z-]{1,64}) (?<run>[0-9a-zA-Z-]{1,64}) (?<mac>[0-9a-f]{32})\]", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}

/// <summary>What a mark says about a snapshot.</summary>
/// <param name="Ownership">The judgement.</param>
/// <param name="RunId">The run that the mark names; proven only when <see cref="Catalog.Ownership.Ours"/>.</param>
public readonly record struct OwnershipVerdict(Ownership Ownership, string? RunId);

/// <summary>Whose a snapshot is, as far as its mark tells.</summary>
public enum Ownership
{
    /// <summary>There is no mark.</summary>
    NotMarked,

    /// <summary>Marked by another installation of VmProxy: reported, never touched.</summary>
    OtherInstallation,

    /// <summary>It names us, but the key does not confirm it: altered, or copied from another VM. Reported, never touched.</summary>
    NotProven,

    /// <summary>Made by this installation, for this VM.</summary>
    Ours,
}
