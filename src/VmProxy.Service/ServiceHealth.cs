using Microsoft.Extensions.Diagnostics.HealthChecks;
using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Service.Configuration;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service;

/// <summary>Whether the service does what it is for: its schedule fires, and its catalog can be opened. vCenters and repositories have their own alarms.</summary>
sealed class ServiceHealth(Schedule schedule, ScheduleWatch watch, CurrentConfiguration current) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!schedule.IsStarted)
        {
            return HealthCheckResult.Unhealthy("The schedule does not fire: the service starts or ends.");
        }

        if (watch.IsStuck)
        {
            return HealthCheckResult.Unhealthy("The schedule does not fire what is due.");
        }

        try
        {
            var session = current.OpenSession();
            await using (session.ConfigureAwait(false))
            {
                await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            }

            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is CatalogException or ConfigurationException)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
    }
}
