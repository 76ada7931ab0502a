using System.Globalization;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>A property collector of a session: its filters, and the versions by which a client says how far it has read.</summary>
internal sealed class UpdateCollector(string id) : ManagedObject("PropertyCollector", id)
{
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(30);

    int _acknowledged;
    int? _sent;

    SemaphoreSlim OneWaiter { get; } = new(1, 1);

    CancellationTokenSource Canceling { get; set; } = new();

    public List<UpdateFilter> Filters { get; } = [];

    public override object? Get(string property) => property == "filter" ? References(Filters.Select(filter => filter.Reference)) : null;

    /// <summary>Makes the waiting call, if any, end with RequestCanceled.</summary>
    public void CancelWait()
    {
        var canceled = Canceling;
        Canceling = new CancellationTokenSource();
        canceled.Cancel();
    }

    public async Task<UpdateSet?> WaitAsync(
        LabState server, LabSession session, string version, TimeSpan? longest, int limit, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Canceling.Token, session.Ended, cancellationToken);
        var entered = false;
        try
        {
            await OneWaiter.WaitAsync(stop.Token);
            entered = true;
            lock (server.Inventory.Gate)
            {
                MoveTo(version);
            }

            var timeout = Task.Delay(longest ?? LongestWait, server.Options.Clock, stop.Token);
            while (true)
            {
                var changed = server.Inventory.Changed.Next;
                if (Look(server, session, limit) is { } updates)
                {
                    return updates;
                }

                if (await Task.WhenAny(changed, timeout) == timeout)
                {
                    stop.Token.ThrowIfCancellationRequested();
                    return null;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw session.Ended.IsCancellationRequested
                ? new LabFault("NotAuthenticated", "The session is not authenticated.", ("object", Reference), ("privilegeId", "System.View"))
                : new LabFault("RequestCanceled", "The request was canceled by a user.");
        }
        finally
        {
            await stop.CancelAsync();
            session.LastActive = server.Options.Clock.GetUtcNow();
            if (entered)
            {
                OneWaiter.Release();
            }
        }
    }

    UpdateSet? Look(LabState server, LabSession session, int limit)
    {
        lock (server.Inventory.Gate)
        {
            var budget = new UpdateBudget(limit);
            var updates = new List<PropertyFilterUpdate>();
            foreach (var filter in Filters)
            {
                if (filter.Changes(server, session, budget) is { } update)
                {
                    updates.Add(update);
                }
            }

            if (updates.Count == 0)
            {
                Filters.ForEach(filter => filter.Resend());
                return null;
            }

            _sent = _acknowledged + 1;
            return new UpdateSet
            {
                Version = _sent.Value.ToString(CultureInfo.InvariantCulture),
                FilterSet = updates,
                Truncated = budget.Exceeded ? true : null,
            };
        }
    }

    /// <summary>A client names the version it has: the last one sent, or the one before when the answer was lost.</summary>
    void MoveTo(string version)
    {
        if (version.Length == 0)
        {
            Filters.ForEach(filter => filter.Forget());
            _acknowledged += 1;
            _sent = null;
        }
        else if (_sent is { } sent && version == sent.ToString(CultureInfo.InvariantCulture))
        {
            Filters.ForEach(filter => filter.Acknowledge());
            (_acknowledged, _sent) = (sent, null);
        }
        else if (version == _acknowledged.ToString(CultureInfo.InvariantCulture))
        {
            Filters.ForEach(filter => filter.Resend());
            _sent = null;
        }
        else
        {
            throw new LabFault("InvalidCollectorVersion", "The collector does not know this version.");
        }
    }
}
