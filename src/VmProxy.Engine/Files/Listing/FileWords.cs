using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>Kinds of files as words of the JSON, as the letter of a long listing, and in sentences.</summary>
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

    /// <summary>What holds no bytes to read, in words; null for a file, and where it is not known.</summary>
    public static string? WithoutBytes(GuestEntryKind kind) => kind switch
    {
        GuestEntryKind.Directory => "a directory",
        GuestEntryKind.CharacterDevice => "a character device",
        GuestEntryKind.BlockDevice => "a block device",
        GuestEntryKind.Pipe => "a named pipe",
        GuestEntryKind.Socket => "a socket",
        _ => null,
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
