namespace VmProxy.Engine.Files;

/// <summary>Opens a point so that its guest files can be looked at.</summary>
/// <param name="session">What it works with.</param>
public sealed class FilesLs(ProxySession session)
{
    /// <summary>Hands the volumes of a point to whoever shows them.</summary>
    /// <exception cref="Failures.EngineException">There is no such point.</exception>
    /// <exception cref="Repository.RepositoryException">The point is damaged.</exception>
    public async Task<T> WithVolumesAsync<T>(string point, Func<GuestBrowser, Task<T>> show, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(show);
        var volumes = await PointVolumes.OpenAsync(session, point, cancellationToken).ConfigureAwait(false);
        await using (volumes.ConfigureAwait(false))
        {
            return await show(new GuestBrowser(volumes.Disks)).ConfigureAwait(false);
        }
    }
}
