using System.Xml.Linq;

namespace VmProxy.Vim25;

/// <summary>Base of everything that goes wrong between this client and a vim25 server.</summary>
public abstract class VimException : Exception
{
    private protected VimException(string code, string operation, string message, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Operation = operation;
    }

    /// <summary>Stable name of the failure, one of <see cref="VimErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The operation that failed; empty when none was under way.</summary>
    public string Operation { get; }
}

/// <summary>The server answered an operation with a fault.</summary>
public sealed class VimFaultException(string operation, string faultType, string message, MethodFault? fault, XElement? raw)
    : VimException(VimErrorCodes.Fault, operation, $"{operation}: {faultType}: {message}")
{
    /// <summary>The fault's type as the server named it, also when the schema does not know it.</summary>
    public string FaultType { get; } = faultType;

    /// <summary>The fault, read as the nearest known type; null when the server sent no detail.</summary>
    public MethodFault? Fault { get; } = fault;

    /// <summary>The server's text for people.</summary>
    public string FaultMessage { get; } = message;

    /// <summary>The SOAP fault as received.</summary>
    public XElement? Raw { get; } = raw;
}

/// <summary>The server could not be reached, or what answered was not a vim25 service.</summary>
public sealed class VimTransportException(string code, string operation, string message, int? httpStatus = null, Exception? inner = null)
    : VimException(code, operation, message, inner)
{
    /// <summary>The HTTP status when there was an answer.</summary>
    public int? HttpStatus { get; } = httpStatus;
}

/// <summary>What was received is not what the schema promises: malformed XML, a number that is none, a missing result.</summary>
public sealed class VimFormatException(string operation, string message, Exception? inner = null)
    : VimException(VimErrorCodes.Malformed, operation, message, inner);
