using System.Globalization;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;
using Spectre.Console;

namespace VmProxy.Cli.Output;

/// <summary>Logs on standard error. On a terminal they go the way of the progress bars, which would wipe out lines that they do not know of.</summary>
sealed class LogSink(Terminal terminal) : ILogEventSink
{
    readonly MessageTemplateTextFormatter _format = new("{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}", CultureInfo.InvariantCulture);

    readonly Lock _lock = new();

    public void Emit(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        _format.Format(logEvent, text);
        lock (_lock)
        {
            if (terminal.ShowsProgress)
            {
                terminal.ErrorConsole.Write(new Text(text.ToString(), logEvent.Level >= LogEventLevel.Warning ? new Style(Color.Yellow) : Style.Plain));
            }
            else
            {
                terminal.Errors.Write(text.ToString());
            }
        }
    }
}
