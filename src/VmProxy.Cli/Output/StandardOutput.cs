using System.Runtime.InteropServices;

namespace VmProxy.Cli.Output;

/// <summary>
/// Standard output, which tells when it could not take what was written. .NET's own stream keeps silent when nobody reads any more, so that an archive sent into
/// a pipe would count as restored although its reader has died.
/// </summary>
/// <param name="inner">The stream of the process.</param>
sealed partial class StandardOutput(Stream inner) : Stream
{
    // poll(2).
    const int Handle = 1;
    const short Error = 0x8;
    const short HungUp = 0x10;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="OutputException">Nobody reads it, or what takes it is full.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (IOException exception)
        {
            throw new OutputException(exception.Message, isClosed: false, exception);
        }

        if (!OperatingSystem.IsWindows() && IsClosed())
        {
            throw new OutputException("Nobody reads what is written.", isClosed: true);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    static bool IsClosed()
    {
        var output = new Polled { Handle = Handle };
        return poll(ref output, 1, 0) == 1 && (output.Happened & (Error | HungUp)) != 0;
    }

    [LibraryImport("libc")]
    private static partial int poll(ref Polled handles, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    struct Polled
    {
        public int Handle;
        public short Wanted;
        public short Happened;
    }
}
