using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Repository;

/// <summary>A backup program with one repository, which it makes, fills and reads.</summary>
interface ITool
{
    string Name { get; }

    /// <summary>The repository's folder.</summary>
    string Folder { get; }

    /// <summary>Makes the repository; not measured.</summary>
    Task InitializeAsync(CancellationToken cancellationToken);

    /// <summary>Backs up a disk image.</summary>
    Task<Measured> BackupAsync(string image, CancellationToken cancellationToken);

    /// <summary>Writes the last backup to <paramref name="file"/>.</summary>
    Task<Measured> RestoreAsync(string file, CancellationToken cancellationToken);
}
