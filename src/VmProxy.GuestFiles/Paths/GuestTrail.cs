namespace VmProxy.GuestFiles;

/// <summary>
/// Where a walk is and which directories it was in. The path lies in one piece of memory, however deep it is: the paths of all directories on the way would take memory by the square of the depth.
/// </summary>
sealed class GuestTrail(ulong root, GuestProblems problems)
{
    /// <summary>Directories within each other that a walk enters. Real trees are far flatter; a damaged one that is deeper is told as a problem.</summary>
    public const int MaxDepth = 4096;

    /// <summary>Characters of the path of a directory that a walk enters; Windows itself knows no longer ones.</summary>
    public const int MaxPath = 32 * 1024;

    const int ToldOfPath = 1024;

    readonly HashSet<ulong> _entered = [root];
    readonly Stack<int> _parents = [];
    char[] _path = new char[256];
    int _length;

    /// <summary>The path of a name in the directory where the walk is.</summary>
    public string PathOf(string name) => string.Concat(_path.AsSpan(0, _length), name);

    /// <summary>Whether a directory at a path may be entered; why not is told as a problem.</summary>
    public bool MayEnter(ulong directory, string path)
    {
        var why = !_entered.Add(directory) ? "leads to one that lies in another place already: it is not entered again"
            : _parents.Count + 1 >= MaxDepth ? $"lies deeper than {MaxDepth} others: it is not entered"
            : path.Length >= MaxPath ? $"has a path of more than {MaxPath} characters: it is not entered"
            : null;
        if (why is not null)
        {
            var told = Told(path);
            problems.Add(GuestFileException.Damaged(told, $"The directory {told} {why}."));
        }

        return why is null;
    }

    /// <summary>Goes into a directory of the one where the walk is.</summary>
    public void Enter(string name)
    {
        _parents.Push(_length);
        var length = _length + name.Length + 1;
        if (length > _path.Length)
        {
            Array.Resize(ref _path, Math.Max(length, _path.Length * 2));
        }

        name.CopyTo(_path.AsSpan(_length));
        _path[length - 1] = '/';
        _length = length;
    }

    /// <summary>Goes back to the directory above, or ends at the root.</summary>
    public void Leave() => _length = _parents.TryPop(out var parent) ? parent : 0;

    /// <summary>Problems are kept by the thousand: of a long path its ends are told.</summary>
    static string Told(string path) => path.Length <= ToldOfPath ? path : $"{path.AsSpan(0, ToldOfPath / 2)}…{path.AsSpan(path.Length - (ToldOfPath / 2))}";
}
