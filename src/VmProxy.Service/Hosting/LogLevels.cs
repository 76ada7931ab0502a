using Serilog.Core;
using Serilog.Events;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Hosting;

/// <summary>The least that is logged, which a new configuration may change.</summary>
sealed class LogLevels(LoggingSettings settings)
{
    /// <summary>What the logger asks.</summary>
    public LoggingLevelSwitch Switch { get; } = new(LevelOf(settings.Level));

    public void Follow(LoggingSettings settings) => Switch.MinimumLevel = LevelOf(settings.Level);

    static LogEventLevel LevelOf(LogDetail detail) => detail switch
    {
        LogDetail.Debug => LogEventLevel.Debug,
        LogDetail.Information => LogEventLevel.Information,
        LogDetail.Warning => LogEventLevel.Warning,
        _ => LogEventLevel.Error,
    };
}
