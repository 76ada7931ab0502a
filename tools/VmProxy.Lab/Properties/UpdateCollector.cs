using System.Globalization;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>A property collector of a session: its filters, and the versions by which a client says how far it has read.</summary>
internal sealed class UpdateCollector(string id) : ManagedObject("PropertyCollector", id), IDisposable
{
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(30);

    readonly SemaphoreSlim _oneWaiter = new(1, 1);
    CancellationTokenSource _cancel = new();
    int _acknowledged;
    int? _sent;

    public List<UpdateFilter> Filters { get; } = [];

    public override object? Get(string property) => property == "filter" ? References(Filters.Select(filter => filter.Reference)) : null;

    /// <summary>Makes the waiting call, if any, end with RequestCanceled.</summary>
    public void CancelWait() => Interlocked.Exchange(ref _cancel, new CancellationTokenSource()).Cancel();

    public void Dispose()
    {
        CancelWait();
        _oneWaiter.Dispose();
    }

    public async Task<UpdateSet?> WaitAsync(
        LabState server, LabSession session, string version, TimeSpan? longest, int limit, CancellationToken cancellationToken)
    {
        await _oneWaiter.WaitAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token, session.Ended, cancellationToken);
        try
        {
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
            _oneWaiter.Release();
        }
    }

    UpdateSet? Look(LabState server, LabSession session, int limit)
    {
        lock (server.Inventory.Gate)
        {
            var left = limit;
            var updates = new List<PropertyFilterUpdate>();
            foreach (var filter in Filters)
            {
                if (filter.Changes(server, session, ref left) is { } update)
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
                Truncated = left == 0 ? true : null,
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
