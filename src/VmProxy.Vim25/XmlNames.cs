namespace VmProxy.Vim25;

/// <summary>Namespaces on the wire.</summary>
internal static class XmlNames
{
    public const string Vim25 = "urn:vim25";

    public const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";

    public const string Xsd = "http://www.w3.org/2001/XMLSchema";

    public const string Soap = "http://schemas.xmlsoap.org/soap/envelope/";
}
