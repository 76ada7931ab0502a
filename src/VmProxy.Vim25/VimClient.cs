namespace VmProxy.Vim25;

/// <summary>
/// One method for each operation of the schema, generated from wsdl/. The first argument is the object that the operation is called on;
/// parameters follow in the order of the wire, and a null is not sent. Every method throws <see cref="VimFaultException"/>,
/// <see cref="VimTransportException"/> or <see cref="VimFormatException"/>.
/// </summary>
/// <param name="channel">The connection, which stays the caller's.</param>
public sealed partial class VimClient(SoapChannel channel)
{
    private readonly SoapChannel _channel = channel;

    /// <summary>The connection that the calls go through.</summary>
    public SoapChannel Channel => _channel;
}
