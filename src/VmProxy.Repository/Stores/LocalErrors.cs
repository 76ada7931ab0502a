namespace VmProxy.Repository;

/// <summary>Turns the operating system's errors into ours.</summary>
internal static class LocalErrors
{
    const int NoSpace = 28;
    const int QuotaExceeded = 122;

    public static async ValueTask<T> GuardedAsync<T>(string location, string name, string step, Func<ValueTask<T>> operation)
    {
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Translate(location, name, step, error);
        }
    }

    public static async ValueTask AsVoid<T>(this ValueTask<T> task) => await task.ConfigureAwait(false);

    public static RepositoryException Translate(string location, string name, string step, Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => new RepositoryException(
            RepositoryErrorCodes.NotFound, name, $"The object '{name}' does not exist in {location}.", error),
        _ when (error.HResult & 0xFFFF) is NoSpace or QuotaExceeded => new RepositoryException(
            RepositoryErrorCodes.NoSpace, location,
            $"No space is left in {location} to write '{name}'. Free some space or enlarge the volume, then run again; every earlier point is intact.",
            error),
        _ => new RepositoryException(
            RepositoryErrorCodes.StoreFailed, name, $"The object '{name}' could not {step} in {location}: {error.Message}", error),
    };
}
