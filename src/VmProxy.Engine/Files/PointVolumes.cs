using System.Globalization;
using VmProxy.Blocks;
using VmProxy.Engine.Points;
using VmProxy.GuestFiles;
using VmProxy.Repository;

namespace VmProxy.Engine.Files;

/// <summary>The volumes on the disks of a restore point.</summary>
public sealed class PointVolumes : IAsyncDisposable
{
    readonly IReadOnlyList<IBlockDevice> _devices;

    PointVolumes(RestorePoint point, IReadOnlyList<IBlockDevice> devices, GuestDisks disks)
    {
        Point = point;
        Disks = disks;
        _devices = devices;
    }

    /// <summary>Looks at their files. A partition is called by its disk, such as disk1p2.</summary>
    public GuestBrowser Browser => new(Disks);

    internal RestorePoint Point { get; }

    internal GuestDisks Disks { get; }

    /// <summary>Opens all disks of a point.</summary>
    /// <param name="session">What it works with.</param>
    /// <param name="idOrPrefix">The point's id, or a unique beginning of it.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="Failures.EngineException">There is no such point.</exception>
    /// <exception cref="RepositoryException">The point is damaged.</exception>
    public static async Task<PointVolumes> OpenAsync(ProxySession session, string idOrPrefix, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(idOrPrefix);
        var (repository, point) = await new PointShelf(session).FindAsync(idOrPrefix, cancellationToken).ConfigureAwait(false);
        List<IBlockDevice> devices = [];
        try
        {
            foreach (var disk in point.Disks)
            {
                devices.Add(await repository.Repository.OpenDiskAsync(point, disk.Key, cancellationToken).ConfigureAwait(false));
            }

            var named = NamesOf(point.Disks).Zip(devices, (name, device) => new GuestDisk(name, device));
            return new PointVolumes(point, devices, await GuestDisks.OpenAsync([.. named], cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await CloseAsync(devices).ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Disks.DisposeAsync().ConfigureAwait(false);
        await CloseAsync(_devices).ConfigureAwait(false);
    }

    /// <summary>
    /// How the disks are called in the names of volumes: disk1 for the label "Hard disk 1". Where labels are not of that form, or two are the same, by the device key.
    /// </summary>
    internal static IReadOnlyList<string> NamesOf(IReadOnlyList<PointDisk> disks)
    {
        var numbers = disks.Select(disk => disk.Label[(disk.Label.LastIndexOf(' ') + 1)..]).ToList();
        return numbers.All(number => number.Length is > 0 and < 5 && number.All(char.IsAsciiDigit)) && numbers.Distinct().Count() == numbers.Count
            ? [.. numbers.Select(number => "disk" + number)]
            : [.. disks.Select(disk => string.Create(CultureInfo.InvariantCulture, $"disk{disk.Key}"))];
    }

    static async ValueTask CloseAsync(IEnumerable<IBlockDevice> devices)
    {
        foreach (var device in devices)
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }
    }
}
