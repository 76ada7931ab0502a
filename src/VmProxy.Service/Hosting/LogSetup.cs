using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Hosting;

/// <summary>Where the service logs: standard error, and files of a day each.</summary>
static class LogSetup
{
    const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    public static void Configure(LoggerConfiguration logging, ProxySettings settings, LogLevels levels)
    {
        var wanted = settings.Service.Logging;
        logging
            .MinimumLevel.ControlledBy(levels.Switch)
            // What they say below a warning is about themselves.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Quartz", LogEventLevel.Warning);
        if (wanted.Console == ConsoleLog.Text)
        {
            logging.WriteTo.Console(outputTemplate: Line, formatProvider: CultureInfo.InvariantCulture, standardErrorFromLevel: LogEventLevel.Verbose);
        }
        else if (wanted.Console == ConsoleLog.Json)
        {
            logging.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose);
        }

        if (wanted.FilesKept > 0)
        {
            logging.WriteTo.File(
                new CompactJsonFormatter(),
                Path.Combine(wanted.Folder ?? Path.Combine(settings.State.Folder, "logs"), "vmproxy-.json"),
                rollingInterval: RollingInterval.Day,
                rollOnFileSizeLimit: true,
                fileSizeLimitBytes: wanted.FileSize.Bytes,
                retainedFileCountLimit: wanted.FilesKept);
        }
    }
}
