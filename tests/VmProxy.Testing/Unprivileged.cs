using System.Runtime.InteropServices;

namespace VmProxy.Testing;

/// <summary>
/// While it lives, this process may only do what its file modes allow: root, whom nothing is denied, becomes another user. It holds for all threads,
/// so tests that use it run alone.
/// </summary>
public sealed partial class Unprivileged : IDisposable
{
    const uint Root = 0;
    const uint Nobody = 65534;
    readonly bool _wasRoot = GetUser() == Root;

    public Unprivileged() => Become(Nobody);

    /// <summary>Lets everybody look into a folder.</summary>
    public static void Admit(string folder) => SetMode(
        folder,
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

    /// <summary>Lets everybody, its owner too, make files in a folder and open them, but not list it.</summary>
    public static void AdmitBlindly(string folder) => SetMode(
        folder,
        UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);

    /// <summary>Lets nobody into a folder.</summary>
    public static void Hide(string folder) => SetMode(folder, UnixFileMode.None);

    public void Dispose() => Become(Root);

    static void SetMode(string folder, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, mode);
        }
    }

    void Become(uint user)
    {
        if (_wasRoot && SetUser(user) != 0)
        {
            throw new InvalidOperationException($"seteuid({user}): {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetUser();

    [LibraryImport("libc", EntryPoint = "seteuid", SetLastError = true)]
    private static partial int SetUser(uint user);
}
