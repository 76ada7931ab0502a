using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using ZstdNet;

namespace VmProxy.Benchmarks.Repository;

/// <summary>
/// What the machine could do at best: zero test, HMAC-SHA-256 of each chunk, zstd and AES-256-GCM of each frame, over the same disk in memory, on as many
/// threads as there are processors. Equal chunks are compressed once, as the repository does. Nothing is read, written, indexed or ordered.
/// </summary>
static class MachineLimit
{
    const int Window = 1 << 20;
    const int Chunk = 65536;

    public static async Task RunAsync(string image, int level, CancellationToken cancellationToken)
    {
        var windows = await LoadAsync(image, cancellationToken);
        var known = new ConcurrentDictionary<Int128, bool>();
        var key = RandomNumberGenerator.GetBytes(32);
        using var options = new CompressionOptions(level);
        var next = -1;
        var stored = 0L;
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var compressor = new Compressor(options);
                using var cipher = new AesGcm(key, 16);
                var gathered = new byte[Window];
                var compressed = new byte[Compressor.GetCompressBound(Window)];
                var ordinal = 0;
                int index;
                while ((index = Interlocked.Increment(ref next)) < windows.Count)
                {
                    Interlocked.Add(ref stored, Store(windows[index], known, key, compressor, cipher, gathered, compressed, ordinal++));
                }
            },
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(workers);
        var wall = clock.Elapsed.TotalSeconds;
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        Console.WriteLine(JsonSerializer.Serialize(new LimitResult(wall, used, stored)));
    }

    static int Store(
        byte[] window, ConcurrentDictionary<Int128, bool> known, byte[] key, Compressor compressor, AesGcm cipher, byte[] gathered, byte[] compressed,
        int ordinal)
    {
        Span<byte> id = stackalloc byte[32];
        Span<byte> nonce = stackalloc byte[12];
        Span<byte> tag = stackalloc byte[16];
        var length = 0;
        for (var offset = 0; offset < window.Length; offset += Chunk)
        {
            var chunk = window.AsSpan(offset, Math.Min(Chunk, window.Length - offset));
            if (!chunk.ContainsAnyExcept((byte)0))
            {
                continue;
            }

            HMACSHA256.HashData(key, chunk, id);
            if (known.TryAdd(BitConverter.ToInt128(id), true))
            {
                chunk.CopyTo(gathered.AsSpan(length));
                length += chunk.Length;
            }
        }

        if (length == 0)
        {
            return 0;
        }

        var payload = compressed.AsSpan(0, compressor.Wrap(gathered.AsSpan(0, length), compressed.AsSpan()));
        BitConverter.TryWriteBytes(nonce, ordinal);
        cipher.Encrypt(nonce, payload, gathered.AsSpan(0, payload.Length), tag);
        return payload.Length + tag.Length;
    }

    // Windows without any data are left out to save memory; their zero test is of no account.
    static async Task<List<byte[]>> LoadAsync(string image, CancellationToken cancellationToken)
    {
        var windows = new List<byte[]>();
        using var file = File.OpenHandle(image);
        var length = RandomAccess.GetLength(file);
        for (var offset = 0L; offset < length; offset += Window)
        {
            var window = new byte[Math.Min(Window, length - offset)];
            await RandomAccess.ReadAsync(file, window, offset, cancellationToken);
            if (window.AsSpan().ContainsAnyExcept((byte)0))
            {
                windows.Add(window);
            }
        }

        return windows;
    }
}

/// <summary>What the limit's loop took.</summary>
/// <param name="Wall">Seconds.</param>
/// <param name="Cpu">Seconds of all threads.</param>
/// <param name="Stored">Bytes that would be stored.</param>
sealed record LimitResult(double Wall, double Cpu, long Stored);
