using System.IO.Pipelines;

namespace VmProxy.Vim25;

/// <summary>
/// The body of an answer in pooled memory. It is received without blocking a thread, up to a bound, and then parsed in one forward pass:
/// the parser would otherwise wait synchronously on the network.
/// </summary>
internal sealed class AnswerBuffer : IDisposable
{
    private const int SegmentBytes = 128 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: SegmentBytes, useSynchronizationContext: false));

    private AnswerBuffer()
    {
    }

    public static async Task<AnswerBuffer> ReceiveAsync(HttpContent content, long maxBytes, string operation, CancellationToken cancellationToken)
    {
        var buffer = new AnswerBuffer();
        try
        {
            var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await buffer.FillAsync(stream, maxBytes, operation, cancellationToken).ConfigureAwait(false);
            }

            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>The whole body, from its beginning.</summary>
    public Stream OpenRead() => _pipe.Reader.AsStream(leaveOpen: true);

    public void Dispose()
    {
        _pipe.Writer.Complete();
        _pipe.Reader.Complete();
    }

    private async Task FillAsync(Stream stream, long maxBytes, string operation, CancellationToken cancellationToken)
    {
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(_pipe.Writer.GetMemory(SegmentBytes / 2), cancellationToken).ConfigureAwait(false)) > 0)
        {
            total += read;
            if (total > maxBytes)
            {
                throw new VimTransportException(VimErrorCodes.AnswerTooLarge, operation, $"{operation}: the answer is longer than {maxBytes} bytes.");
            }

            _pipe.Writer.Advance(read);
            await _pipe.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
    }
}
