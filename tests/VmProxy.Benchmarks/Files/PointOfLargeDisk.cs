using VmProxy.Benchmarks.Repository;
using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Files;

/// <summary>A repository with one point of a large, mostly empty disk, and the configuration that leads to it.</summary>
/// <param name="Id">The point's id.</param>
/// <param name="Repository">The repository's folder.</param>
/// <param name="Configuration">The configuration file.</param>
sealed record PointOfLargeDisk(string Id, string Repository, string Configuration)
{
    public const string File = "/a/b/c/file";

    public static async Task<PointOfLargeDisk> MakeAsync(string work, long diskBytes, Runner runner, CancellationToken cancellationToken)
    {
        var tree = Path.Combine(work, "small");
        Directory.CreateDirectory(Path.Combine(tree, "a/b/c"));
        await System.IO.File.WriteAllBytesAsync(tree + File, new byte[8192].Select((_, i) => (byte)(i % 251)).ToArray(), cancellationToken);
        var image = Path.Combine(work, "large.img");
        await using (var file = new FileStream(image, FileMode.CreateNew))
        {
            file.SetLength(diskBytes);
        }

        await runner.RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-d", tree, image], new Dictionary<string, string>(), cancellationToken);
        var repository = Path.Combine(work, "repository");
        await OursCommand.RunAloneAsync(runner, ["init", repository], cancellationToken);
        await OursCommand.RunAloneAsync(runner, ["backup", repository, image, "1"], cancellationToken);
        System.IO.File.Delete(image);
        var id = (await OursCommand.RunAloneAsync(runner, ["point", repository], cancellationToken)).Output.Trim();
        var passphrase = Path.Combine(work, "passphrase");
        await System.IO.File.WriteAllTextAsync(passphrase, OursCommand.Passphrase, cancellationToken);
        var configuration = Path.Combine(work, "appsettings.json");
        await System.IO.File.WriteAllTextAsync(configuration, $$"""
            { "VmProxy": {
                "Repositories": [ { "Name": "bench", "Path": "{{repository}}", "Passphrase": "file:{{passphrase}}" } ],
                "State": { "Folder": "{{Path.Combine(work, "state")}}" }, "Catalog": { "Path": "{{Path.Combine(work, "catalog.db")}}" } } }
            """, cancellationToken);
        return new PointOfLargeDisk(id, repository, configuration);
    }
}
