using VmProxy.Blocks;

namespace VmProxy.Engine.Files.Targets;

/// <summary>A content as a stream, for libraries that know nothing else. It does not own the content. Copied as a whole, it reads ahead.</summary>
sealed class ContentStream(IBlockDevice content) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => content.Length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var part = buffer[..(int)Math.Min(buffer.Length, Math.Max(0, Length - Position))];
        await content.ReadAsync(Position, part, cancellationToken).ConfigureAwait(false);
        Position += part.Length;
        return part.Length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        if (Position != 0)
        {
            await base.CopyToAsync(destination, bufferSize, cancellationToken).ConfigureAwait(false);
            return;
        }

        await ContentPieces.ReadAsync(content, skipsHoles: false, (_, piece) => destination.WriteAsync(piece, cancellationToken), cancellationToken).ConfigureAwait(false);
        Position = Length;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void SetLength(long value) => throw new NotSupportedException("It is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read only.");

    public override void Flush()
    {
    }
}
