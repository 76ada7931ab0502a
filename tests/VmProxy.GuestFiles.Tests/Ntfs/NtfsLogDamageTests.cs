using System.Diagnostics;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>A log with numbers that cannot be right ends with the finding, in bounded time.</summary>
sealed class NtfsLogDamageTests
{
    static readonly ulong[] Odd = [0, 1, 0x18, 0x7FFF, 0xFFFF, 0xFFFF_FFFF, long.MaxValue, ulong.MaxValue];

    NtfsImage _image = null!;
    NtfsBytes _bytes = null!;

    [OneTimeSetUp]
    public async Task Make_the_image()
    {
        _image = await NtfsImage.CreateAsync("write('one', b'text')", length: 3 << 20);
        _bytes = await NtfsBytes.OfAsync(_image);
    }

    [OneTimeTearDown]
    public void Remove_the_image() => _image.Dispose();

    [TestCase(1, true)]
    [TestCase(1, false)]
    [TestCase(2, false)]
    public async Task Each_number_of_each_structure_may_be_odd(int version, bool is32Bits)
    {
        var log = new NtfsLogWriter(_bytes.Log.Length, version, pagesToEnd: 3) { Is32Bits = is32Bits };
        var page = log.CurrentPage;
        var first = log.Open(0x40, 70, 0x80);
        var checkpoint = log.Checkpoint(attributes: [(0, 0x80), (80, 0xA0)], dirtyPages: [first, first], transactions: [first]);
        log.ChangeRecord(64, bytes: 5000);
        log.Change(0x08, 0x08, 0x40, 3, 0, new byte[7000]);
        log.ChangeRecord(65);
        log.CopyPage(0, log.Snapshot(log.CurrentPage));
        var bytes = _bytes.WithLog(log.Build(first, checkpoint));
        var watch = Stopwatch.StartNew();
        var closed = 0;
        // Heads of both restart pages and of the copy, and all records up to the changes; the ends of sectors hold fixups, which are tried too.
        int[] places = [.. Enumerable.Range(0, 0x130), .. Enumerable.Range(NtfsLogWriter.Page, 0x130), .. Enumerable.Range(2 * NtfsLogWriter.Page, 0x80), .. Enumerable.Range(page, 0x400)];
        foreach (var place in places.Where(place => place % 2 == 0))
        {
            for (var width = 2; width <= 8 && place % width == 0; width *= 2)
            {
                closed += await TryAsync(bytes, place, width) ? 1 : 0;
            }
        }

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
        Assert.That(closed, Is.InRange(1, 30), "only what says so closes a log");
    }

    /// <summary>Tries every odd value there; whether one of them closed the log.</summary>
    static async Task<bool> TryAsync(NtfsBytes bytes, int place, int width)
    {
        var sound = bytes.Log.Slice(place, width).ToArray();
        var closed = false;
        foreach (var value in Odd)
        {
            BitConverter.GetBytes(value).AsSpan(0, width).CopyTo(bytes.Log[place..]);
            await using var opened = await bytes.OpenAsync();
            var codes = opened.FileSystem.Findings.Select(finding => finding.Code).ToList();
            Assert.That(codes, Is.Empty.Or.EqualTo(new[] { GuestFileErrorCodes.LogNotReplayed }), $"{value} at {place}");
            closed |= codes.Count == 0;
        }

        sound.CopyTo(bytes.Log[place..]);
        return closed;
    }
}
