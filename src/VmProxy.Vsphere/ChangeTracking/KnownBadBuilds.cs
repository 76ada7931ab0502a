using System.Globalization;

namespace VmProxy.Vsphere;

/// <summary>
/// Host builds whose change tracking is known to be wrong, each with its source. Where the fixed build is not certain, all of the version counts as
/// bad: a full read too many costs time, a changed block too few costs data.
/// </summary>
static class KnownBadBuilds
{
    const long Boundary = 128L << 30;

    /// <summary>The defect that makes answers for a disk doubtful; null when none is known.</summary>
    public static string? Find(string? version, string? build, long capacityBytes)
    {
        if (string.IsNullOrEmpty(version) || !int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major))
        {
            return null;
        }

        // Growth across a multiple of 128 GiB spoils the record for good, and cannot be seen afterwards; only smaller disks never crossed one.
        if (major is 4 or 5 && capacityBytes >= Boundary)
        {
            return "ESXi 4 and 5 misreport changes of a disk that once grew past a multiple of 128 GB (Broadcom KB 310751, VMware KB 2090639)";
        }

        // Patch ESXi600-201511001 is build 3247720.
        bool beforePatch = long.TryParse(build, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number < 3247720;
        return version.StartsWith("6.0", StringComparison.Ordinal) && beforePatch
            ? "ESXi 6.0 before ESXi600-201511001 loses changes made during consolidation (Broadcom KB 317933, VMware KB 2136854)"
            : null;
    }
}
