using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Why a target did not put an item, or put it differently: the same words, whatever the target is.</summary>
static class TargetAnswers
{
    const string Step = "restore the file";

    public static Failure Special(FileItem item) => new(
        ReasonCodesOfFiles.Special, SafeNames.Printable(item.Path), Step, "It is a device node, pipe or socket, and holds no data.", "");

    public static Failure Exists(FileItem item, string message) => new(
        ReasonCodesOfFiles.Exists, SafeNames.Printable(item.Path), Step, message, "Restore to another folder, or replace what is there with --overwrite.");

    public static Failure InTheWay(FileItem item) => new(
        ReasonCodesOfFiles.Exists, SafeNames.Printable(item.Path), Step, "Something that is no folder has this name; nothing was put into it.", "Restore to another folder, or move it away.");

    public static Failure NotWritten(FileItem item, string message) => new(ReasonCodesOfFiles.NotWritten, SafeNames.Printable(item.Path), Step, message, "");

    public static Failure SameName(FileItem item) => new(
        ReasonCodesOfFiles.SameName, SafeNames.Printable(item.Path), Step, "Something of this name is in the archive already.", "Restore to a folder, or this one alone.");

    public static Failure AttributesLost(FileItem item, string lost) => new(
        ReasonCodesOfFiles.AttributesLost, SafeNames.Printable(item.Path), "restore its attributes", $"Not kept: {lost}.", "");

    public static Failure RenamedTo(FileItem item, string name) => new(
        ReasonCodesOfFiles.Renamed, SafeNames.Printable(item.Path), "name the file", $"Its name cannot be kept there: it is called {name}.", "");
}
