namespace VmProxy.Lab.Storage;

/// <summary>Replaces small files at once, so that no reader sees half of one.</summary>
internal static class WholeFile
{
    public static void Write(string path, string text)
    {
        var whole = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new");
        File.WriteAllText(whole, text);
        File.Move(whole, path, overwrite: true);
    }
}
