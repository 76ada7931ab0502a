using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>Kinds of files as words of the JSON and as the letter of a long listing.</summary>
static class FileWords
{
    public static string Word(GuestEntryKind kind) => kind switch
    {
        GuestEntryKind.File => "file",
        GuestEntryKind.Directory => "directory",
        GuestEntryKind.SymbolicLink => "symbolicLink",
        GuestEntryKind.Junction => "junction",
        GuestEntryKind.CharacterDevice => "characterDevice",
        GuestEntryKind.BlockDevice => "blockDevice",
        GuestEntryKind.Pipe => "pipe",
        GuestEntryKind.Socket => "socket",
        _ => "unknown",
    };

    public static byte Letter(GuestEntryKind kind) => (byte)(kind switch
    {
        GuestEntryKind.File => '-',
        GuestEntryKind.Directory => 'd',
        GuestEntryKind.SymbolicLink or GuestEntryKind.Junction => 'l',
        GuestEntryKind.CharacterDevice => 'c',
        GuestEntryKind.BlockDevice => 'b',
        GuestEntryKind.Pipe => 'p',
        GuestEntryKind.Socket => 's',
        _ => '?',
    });
}
