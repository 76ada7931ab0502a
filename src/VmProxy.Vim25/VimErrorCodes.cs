namespace VmProxy.Vim25;

/// <summary>Stable names of failures: <see cref="VimException.Code"/>.</summary>
public static class VimErrorCodes
{
    /// <summary>The server answered with a fault.</summary>
    public const string Fault = "VIM_FAULT";

    /// <summary>No connection to the server: name, network, refused.</summary>
    public const string Unreachable = "VIM_UNREACHABLE";

    /// <summary>The TLS handshake failed, among others because the certificate was not accepted.</summary>
    public const string Tls = "VIM_TLS";

    /// <summary>The connection broke, or the HTTP client's own time limit passed, before the answer was complete.</summary>
    public const string ConnectionLost = "VIM_CONNECTION_LOST";

    /// <summary>An HTTP status that a vim25 service does not give.</summary>
    public const string HttpStatus = "VIM_HTTP_STATUS";

    /// <summary>The answer is longer than the channel's bound.</summary>
    public const string AnswerTooLarge = "VIM_ANSWER_TOO_LARGE";

    /// <summary>The answer does not follow the schema.</summary>
    public const string Malformed = "VIM_MALFORMED";
}
