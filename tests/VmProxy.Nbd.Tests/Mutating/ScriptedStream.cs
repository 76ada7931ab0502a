namespace VmProxy.Nbd.Tests.Mutating;

/// <summary>A client whose bytes are given, who then leaves, and who takes whatever is sent to it.</summary>
sealed class ScriptedStream(byte[] script) : Stream
{
    int _at;
    long _sent;

    /// <summary>Bytes that the server has sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var piece = Math.Min(count, script.Length - _at);
        script.AsSpan(_at, piece).CopyTo(buffer.AsSpan(offset));
        _at += piece;
        return piece;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var piece = Math.Min(buffer.Length, script.Length - _at);
        script.AsMemory(_at, piece).CopyTo(buffer);
        _at += piece;
        return ValueTask.FromResult(piece);
    }

    public override void Write(byte[] buffer, int offset, int count) => Interlocked.Add(ref _sent, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _sent, buffer.Length);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
