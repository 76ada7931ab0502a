namespace VmProxy.Vsphere;

/// <summary>Finds out whether change tracking was switched on under snapshots, by us or by anybody.</summary>
public sealed class ChangeTrackingOrigin
{
    const string Flag = "config.changeTrackingEnabled";

    readonly PropertyReader _properties;

    internal ChangeTrackingOrigin(PropertyReader properties) => _properties = properties;

    /// <summary>
    /// Whether another snapshot of the VM was made before change tracking was on: then it was switched on under that snapshot, which the server
    /// accepts since 6.5 and answers wrongly from then on (requirement 2). A snapshot keeps the configuration that it was made with.
    /// </summary>
    /// <param name="state">The snapshot just made; the VM's others are looked at.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="VsphereException">The server could not be read.</exception>
    public async Task<bool> StartedUnderSnapshotsAsync(SnapshotState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        ObjectId[] others = [.. state.Snapshots.Select(snapshot => snapshot.Id).Where(id => id != state.Snapshot)];
        if (!state.ChangeTrackingEnabled || others.Length == 0)
        {
            return false;
        }

        try
        {
            var found = await _properties.ReadAsync([.. others.Select(id => (id, (IReadOnlyList<string>)[Flag]))], cancellationToken).ConfigureAwait(false);
            return found.Values.Any(snapshot => snapshot.Flag(Flag) is false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.ObjectGone)
        {
            return await AnyOfAsync(others, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One by one: some of them were removed meanwhile.</summary>
    async Task<bool> AnyOfAsync(IEnumerable<ObjectId> snapshots, CancellationToken cancellationToken)
    {
        foreach (var id in snapshots)
        {
            try
            {
                if ((await _properties.ReadAsync(id, [Flag], cancellationToken).ConfigureAwait(false)).Flag(Flag) is false)
                {
                    return true;
                }
            }
            catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.ObjectGone)
            {
                // It tells nothing any more.
            }
        }

        return false;
    }
}
