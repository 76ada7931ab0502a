using VmProxy.Testing;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>The files of an operating system, as far as a test needs them, laid out as Linux does.</summary>
sealed class FakeSystem : IDisposable
{
    readonly TempFolder _folder = new();

    public string Root => _folder.Path;

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllText(_folder[path], text);
    }

    /// <summary>A SCSI disk under /sys, such as "0000:03:00.0" and "2:0:5:0"; its node is an empty file in /dev.</summary>
    public string AddDisk(string name, string controller, string address, string? wwid, long bytes)
    {
        var block = $"sys/devices/pci0000:00/0000:00:15.0/{controller}/host2/target{address[..^2]}/{address}/block/{name}";
        Write($"{block}/size", $"{bytes / 512}\n");
        if (wwid is not null)
        {
            Write($"{block}/../../wwid", wwid + "\n");
        }

        Directory.CreateDirectory(_folder["sys/block"]);
        Directory.CreateSymbolicLink(_folder[$"sys/block/{name}"], Path.Combine("../..", block));
        Directory.CreateSymbolicLink(_folder[$"{block}/device"], "../..");
        Write($"dev/{name}", "");
        return _folder[$"dev/{name}"];
    }

    public void Dispose() => _folder.Dispose();
}
