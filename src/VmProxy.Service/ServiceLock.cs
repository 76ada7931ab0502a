using VmProxy.Engine.Failures;

namespace VmProxy.Service;

/// <summary>
/// That one service at a time works with a state folder: two would take each other's running jobs for interrupted ones and do everything twice. The
/// operating system takes the lock back from a process that dies.
/// </summary>
sealed class ServiceLock : IDisposable
{
    readonly FileStream _file;

    ServiceLock(FileStream file) => _file = file;

    /// <exception cref="EngineException">With <see cref="ServiceCodes.AlreadyServes"/>: another service has it.</exception>
    public static ServiceLock Take(string stateFolder)
    {
        var path = Path.Combine(stateFolder, "serve.lock");
        try
        {
            Directory.CreateDirectory(stateFolder);
            return new ServiceLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                new Failure(
                    ServiceCodes.AlreadyServes, "vmproxy serve", "take the state folder for itself", exception.Message.TrimEnd('.') + ".",
                    "One service works with a state folder: end the other one, or give this one a folder of its own (VmProxy:State:Folder)."), exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
