using VmProxy.Blocks;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

/// <summary>A sparse image in a folder of its own, made by programs of the operating system.</summary>
sealed class TestImage : IDisposable
{
    readonly TempFolder _folder = new();

    public TestImage(long length)
    {
        using var file = File.Create(Path);
        file.SetLength(length);
    }

    public string Path => _folder["image"];

    /// <summary>Runs a program; {} in an argument stands for the image.</summary>
    public async Task<string> RunAsync(string program, string package, params string[] arguments) =>
        await Tool.RunAsync(Tool.Require(program, package), arguments.Select(argument => argument.Replace("{}", Path, StringComparison.Ordinal)));

    /// <summary>Runs a line of shell; {} stands for the image.</summary>
    public Task<string> ShellAsync(string line) => RunAsync("sh", "dash", "-ec", line);

    /// <summary>What blkid says that it is; empty for nothing.</summary>
    public async Task<string> BlkidAsync(string tag = "TYPE") => (await ShellAsync($"blkid -p -o value -s {tag} {{}} || true")).Trim();

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenWrite(Path);
        file.Position = offset;
        file.Write(bytes);
    }

    public byte[] Read(long offset, int length)
    {
        using var file = File.OpenRead(Path);
        var bytes = new byte[length];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    public byte[] ReadAll() => File.ReadAllBytes(Path);

    public async Task<FileBlockDevice> OpenAsync() => await FileBlockDevice.OpenAsync(Path);

    public async Task<VolumeContent> RecognizeAsync()
    {
        await using var device = await OpenAsync();
        return await VolumeContent.RecognizeAsync(device, CancellationToken.None);
    }

    public void Dispose() => _folder.Dispose();
}
