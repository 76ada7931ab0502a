namespace VmProxy.Simulation.Tests;

/// <summary>Which keys must open the repository, and which must not.</summary>
sealed class KeyPromises
{
    readonly Dictionary<int, bool?> _keys = [];

    /// <summary>True once somebody has begun to change keys: a copy of the ring may be missing then.</summary>
    public bool AreChanging { get; set; }

    /// <summary>Keys that were added, and that nobody has begun to remove.</summary>
    public IReadOnlyList<int> Added => [.. _keys.Where(key => key.Value == true).Select(key => key.Key)];

    public static string Label(int key) => $"key {key}";

    public void Add(int key) => _keys[key] = true;

    public void BeginRemove(int key) => _keys[key] = null;

    public void Remove(int key) => _keys[key] = false;

    /// <summary>Null when all promises are kept.</summary>
    public async Task<string?> CheckAsync(Func<RepositoryKey, Task<BackupRepository>> open)
    {
        foreach (var (key, opens) in _keys.Where(key => key.Value is not null))
        {
            try
            {
                var points = await (await open(Template.KeyOf(key))).ListPointsAsync(default);
                if (opens == false)
                {
                    return $"{Label(key)} opens the repository though it was removed";
                }

                if (points.Damaged.Count > 0)
                {
                    return $"{Label(key)} cannot read {points.Damaged[0]}";
                }
            }
            catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.WrongKey && opens == false)
            {
                // So it must be.
            }
        }

        return null;
    }
}
