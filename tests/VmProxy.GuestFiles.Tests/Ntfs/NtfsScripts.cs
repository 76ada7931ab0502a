namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>Python that fills mounted trees.</summary>
static class NtfsScripts
{
    /// <summary>What the others use: the tree, noise from a seed, and the extended attributes by which ntfs-3g sets what POSIX does not know.</summary>
    public const string Prelude = """
        import os, random, struct, sys
        root = sys.argv[1]
        random.seed(1)
        noise = random.randbytes

        def path(name):
            full = os.path.join(root, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            return full

        def write(name, data):
            with open(path(name), "wb") as file:
                file.write(data)
            return path(name)

        def reparse(name, tag, data, folder=False):
            full = path(name)
            if folder:
                os.makedirs(full)
            elif not os.path.exists(full):
                write(name, b"")
            os.setxattr(full, "system.ntfs_reparse_data", struct.pack("<IHH", tag, len(data), 0) + data)

        def link_data(substitute, shown, flags=None):
            a, b = substitute.encode("utf-16-le"), shown.encode("utf-16-le")
            head = struct.pack("<HHHH", 0, len(a), len(a), len(b))
            return head + (b"" if flags is None else struct.pack("<I", flags)) + a + b

        def attributes(name, value):
            os.setxattr(path(name), "system.ntfs_attrib", struct.pack("<I", value))

        """;

    /// <summary>A bit of everything that ntfs-3g can make.</summary>
    public const string Everything = """
        os.makedirs(path("/".join(["deep"] + [f"level {i}" for i in range(40)])))
        write("/".join(["deep"] + [f"level {i}" for i in range(40)] + ["bottom.txt"]), b"at the bottom")
        for i in range(400):
            write(f"many/file number {i * 7919 % 100003}.dat", noise(i % 40))
        write("empty", b"")
        write("resident", b"x" * 100)
        write("a cluster", noise(4096))
        write("one byte more", noise(4097))
        write("large", noise(3_000_001))
        for name in ["ümläut", "日本語の名前", "emoji \U0001F404 cow", "trailing dots...", "trailing space ", "n" * 255, "日" * 80, "CON", "semi;colon", "percent%41", "back'tick`"]:
            write("odd/" + name, name.encode())
        with open(path("fragmented/one"), "wb", buffering=0) as one, open(path("fragmented/two"), "wb", buffering=0) as two:
            for i in range(600):
                one.write(noise(4096)); two.write(noise(4096)); os.fsync(one.fileno())
        with open(path("sparse"), "wb") as file:
            file.seek(1_000_000); file.write(b"in the middle"); file.seek(30_000_000); file.write(b"at the end"); file.truncate(33_000_000)
        os.truncate(write("grown", noise(5000)), 100_000)
        write("links/first", b"linked")
        os.link(path("links/first"), path("links/second"))
        os.link(path("links/first"), path("other/third"))
        write("links/many", b"many names")
        for i in range(80):
            os.link(path("links/many"), path(f"links/a rather long name of a file with many links {i}"))
        os.symlink("../resident", path("links/relative"))
        os.symlink("/links/first", path("links/absolute"))
        write("streams/file", b"main")
        os.setxattr(path("streams/file"), "user.small", b"a stream")
        os.setxattr(path("streams/file"), "user.large", noise(60_000))
        os.setxattr(path("streams/file"), "user.empty", b"")
        os.makedirs(path("streams/folder"))
        os.setxattr(path("streams/folder"), "user.of a folder", b"directory stream")
        os.mkfifo(path("special/pipe"))
        os.mknod(path("special/null"), 0o20666, os.makedev(1, 3))
        os.mknod(path("special/disk"), 0o60666, os.makedev(8, 17))
        os.utime(path("resident"), ns=(1234567890123456700, 987654321987654300))
        os.utime(path("empty"), ns=(16725225600000000100, 16725225600999999900))
        attributes("a cluster", 0x23)
        """;

    /// <summary>Files that NTFS compresses. It does so with clusters of up to 4 KiB.</summary>
    public const string Compressed = """
        os.makedirs(path("compressed"))
        attributes("compressed", 0x800)
        text = b"".join(b"line %d of a text that repeats itself\n" % (i * i % 977) for i in range(9000))
        write("compressed/text", text)
        write("compressed/noise", noise(200_000))
        write("compressed/zeros", bytes(300_000))
        write("compressed/mixed", text[:65536] + noise(65536) + bytes(65536) + text[:70_001])
        write("compressed/small", text[:6000])
        write("compressed/tiny", b"tiny")
        write("compressed/runs", b"".join(bytes([i % 7]) * (i * 37 % 5000) for i in range(120)))
        with open(path("compressed/holes"), "wb") as file:
            file.write(text[:100_000]); file.seek(2_000_000); file.write(text[:50_000])
        with open(path("compressed/fragmented"), "wb", buffering=0) as one, open(path("beside"), "wb", buffering=0) as two:
            for i in range(60):
                one.write(text[i * 1000:i * 1000 + 65536]); two.write(noise(4096)); os.fsync(one.fileno())
        """;
}
