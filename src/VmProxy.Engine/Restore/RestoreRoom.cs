using VmProxy.Blocks;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;

namespace VmProxy.Engine.Restore;

/// <summary>Is there a folder, and room in it, for a disk's file? Asked before the file is begun, not found out at its end.</summary>
/// <param name="session">What the restore works with.</param>
sealed class RestoreRoom(ProxySession session)
{
    const string Step = "check for room";

    /// <summary>Refuses a file that cannot be written whole.</summary>
    /// <exception cref="EngineException">
    /// <see cref="ReasonCodesOfRestore.NoFolder"/>, <see cref="ReasonCodesOfRestore.NoRoom"/>, or below the staging folder <see cref="GuardCodes.StagingFull"/>.
    /// </exception>
    public async Task RequireAsync(string file, IBlockDevice source, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(file)!;
        if (!Directory.Exists(folder))
        {
            throw new EngineException(ReasonCodesOfRestore.NoFolder, folder, Step, "There is no such folder.", "Make it, or name another one.");
        }

        if (session.Parts.Folders(folder) is not { } space)
        {
            return;
        }

        var isStaging = IsStaging(folder);
        var floor = isStaging ? session.Settings.Guard.StagingFree.Bytes : 0;
        var holds = await DataBytesAsync(source, cancellationToken).ConfigureAwait(false);
        if (space.FreeBytes - floor < holds)
        {
            throw new EngineException(
                isStaging ? GuardCodes.StagingFull : ReasonCodesOfRestore.NoRoom, folder, Step,
                $"{Sizes.Text(space.FreeBytes)} of {Sizes.Text(space.CapacityBytes)} are free, and the disk holds {Sizes.Text(holds)}"
                + (floor == 0 ? "." : $", beside {Sizes.Text(floor)} that must stay free."),
                "Make room, or name another folder. Nothing was written.");
        }
    }

    bool IsStaging(string folder)
    {
        if (session.Settings.Staging.Folder is not { } staging)
        {
            return false;
        }

        var relative = Path.GetRelativePath(Path.GetFullPath(staging), folder);
        return !Path.IsPathRooted(relative) && relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>Zeros and holes are left out of the file.</summary>
    static async Task<long> DataBytesAsync(IBlockDevice source, CancellationToken cancellationToken)
    {
        var bytes = 0L;
        await foreach (var run in source.RunsAsync(0, source.Length, cancellationToken).ConfigureAwait(false))
        {
            bytes += run.Kind == BlockRunKind.Data ? run.Length : 0;
        }

        return bytes;
    }
}
