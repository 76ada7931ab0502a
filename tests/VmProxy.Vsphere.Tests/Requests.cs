using System.Diagnostics.Metrics;

namespace VmProxy.Vsphere.Tests;

/// <summary>Counts the HTTP requests of this process to one port.</summary>
sealed class Requests : IDisposable
{
    readonly MeterListener _listener = new();
    int _count;

    public Requests(Uri server)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "System.Net.Http" && instrument.Name == "http.client.request.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == "server.port" && value is int port && port == server.Port)
                {
                    Interlocked.Increment(ref _count);
                }
            }
        });
        _listener.Start();
    }

    public int Count => Volatile.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
