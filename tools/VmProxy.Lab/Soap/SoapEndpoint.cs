using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http.Features;
using VmProxy.Lab.Model;
using VmProxy.Vim25;

namespace VmProxy.Lab.Soap;

/// <summary>POST /sdk.</summary>
internal sealed class SoapEndpoint(LabState server)
{
    const int MaxRequestCharacters = 8 << 20;
    const string ActionPrefix = "urn:vim25/";

    static readonly XmlReaderSettings ReaderSettings = new()
    {
        Async = true,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxRequestCharacters,
        CheckCharacters = false,
    };

    static readonly XmlWriterSettings WriterSettings = new() { Encoding = new System.Text.UTF8Encoding(false), CheckCharacters = false };

    readonly OperationTable _operations = OperationTable.Create();

    public async Task HandleAsync(HttpContext http)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, server.Lifetime);
        try
        {
            await HandleAsync(http, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            http.Abort();
        }
    }

    async Task HandleAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var session = server.Sessions.Find(http.Request.Cookies[SessionTable.CookieName]);
        var operation = "";
        try
        {
            var request = await ReadAsync(http.Request, cancellationToken);
            operation = request.OperationName;
            if (server.Faults.TakeFor(FaultNames.ExpireSession, operation) is not null)
            {
                server.Sessions.CloseAll();
                session = null;
            }

            if (await StrikeBeforeAsync(http, operation, cancellationToken))
            {
                return;
            }

            var drop = server.Faults.TakeFor(FaultNames.DropConnection, operation);
            if (drop is not null and not ["after", ..])
            {
                http.Abort();
                return;
            }

            var result = await _operations.RunAsync(new SoapCall(server, session, http, cancellationToken), request);
            if (drop is not null)
            {
                http.Abort();
                return;
            }

            await AnswerAsync(http, StatusCodes.Status200OK, xml => VimXml.WriteResponse(xml, operation, result), cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var fault = exception as LabFault ?? LabFault.SystemError(exception);
            await AnswerAsync(http, StatusCodes.Status500InternalServerError, xml => WriteFault(xml, fault), cancellationToken);
        }
    }

    /// <summary>The faults that strike before an operation runs; true when they have taken care of the answer.</summary>
    async Task<bool> StrikeBeforeAsync(HttpContext http, string operation, CancellationToken cancellationToken)
    {
        if (server.Faults.TakeFor(FaultNames.Delay, operation) is [var seconds, ..])
        {
            await Task.Delay(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), server.Options.Clock, cancellationToken);
        }

        if (server.Faults.TakeFor(FaultNames.Hang, operation) is not null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, server.Options.Clock, cancellationToken);
        }

        if (server.Faults.TakeFor(FaultNames.Http503, operation) is not null)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await http.Response.WriteAsync("503 Service Unavailable", cancellationToken);
            return true;
        }

        return server.Faults.TakeFor(FaultNames.Fault, operation) is { } fault
            ? throw new LabFault(fault is [var type, ..] ? type : "RuntimeFault", "Injected by the lab.")
            : false;
    }

    static async Task<VimRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        XElement? element;
        try
        {
            using var reader = XmlReader.Create(request.Body, ReaderSettings);
            var document = await XDocument.LoadAsync(reader, LoadOptions.None, cancellationToken);
            element = document.Root?.Element(XName.Get("Body", SoapNames.Envelope))?.Elements().FirstOrDefault();
        }
        catch (XmlException exception)
        {
            throw LabFault.InvalidRequest($"XML document is malformed: {exception.Message}");
        }

        if (element is null || element.Name.NamespaceName != SoapNames.Vim25)
        {
            throw LabFault.InvalidRequest("The request holds no operation of urn:vim25");
        }

        var action = request.Headers["SOAPAction"].ToString().Trim('"');
        if (!action.StartsWith(ActionPrefix, StringComparison.Ordinal) || !SupportedVersions.All.Contains(action[ActionPrefix.Length..]))
        {
            throw LabFault.InvalidRequest($"Unsupported version URI \"{action}\"");
        }

        RequestValidator.Validate(element);
        try
        {
            return VimXml.ReadRequest(element)!;
        }
        catch (VimFormatException exception)
        {
            throw LabFault.InvalidRequest(exception.Message);
        }
    }

    static async Task AnswerAsync(HttpContext http, int status, Action<XmlWriter> body, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, WriterSettings))
        {
            xml.WriteStartElement("soapenv", "Envelope", SoapNames.Envelope);
            xml.WriteAttributeString("xmlns", "xsd", null, SoapNames.Xsd);
            xml.WriteAttributeString("xmlns", "xsi", null, SoapNames.Xsi);
            xml.WriteStartElement("Body", SoapNames.Envelope);
            body(xml);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        http.Response.StatusCode = status;
        http.Response.ContentType = "text/xml; charset=utf-8";
        http.Response.ContentLength = buffer.Length;
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await http.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
    }

    static void WriteFault(XmlWriter xml, LabFault fault)
    {
        xml.WriteStartElement("Fault", SoapNames.Envelope);
        xml.WriteElementString("faultcode", "ServerFaultCode");
        xml.WriteElementString("faultstring", fault.Message);
        xml.WriteStartElement("detail");
        VimXml.Write(xml, fault.TypeName + "Fault", FaultXml.ToVim(fault), "MethodFault");
        xml.WriteEndElement();
        xml.WriteEndElement();
    }
}
