using VmProxy.Blocks;
using VmProxy.Catalog;
using VmProxy.Engine.Files;
using VmProxy.GuestFiles;
using VmProxy.Nbd;
using VmProxy.Repository;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Failures;

/// <summary>Tells expected failures from bugs. A bug has no <see cref="Failures.Failure"/>: it is left to crash loudly.</summary>
public static class Expected
{
    /// <summary>The failure that an exception of one of the layers stands for, or null for a bug or a cancellation.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="obj">The object in hand, for exceptions that do not name a better one.</param>
    /// <param name="step">The step in hand, for exceptions that do not name one.</param>
    public static Failure? Failure(Exception exception, string obj, string step) => exception switch
    {
        EngineException engine => engine.Failure,
        VsphereException vsphere => new Failure(vsphere.Code, vsphere.Object, vsphere.Step, vsphere.Reason, vsphere.Next),
        TransportException transport => new Failure(transport.Code, transport.Object, transport.Step, transport.Reason, transport.Next),
        // Several disks are written at once: whichever notices last tells no more than that another one failed before.
        RepositoryException { Code: RepositoryErrorCodes.SessionFailed, InnerException: RepositoryException cause } => Failure(cause, obj, step),
        RepositoryException repository => new Failure(repository.Code, repository.Object, step, repository.Message, ""),
        BlockDeviceException block => new Failure(block.Code, obj, step, block.Message, ""),
        GuestFileException guest => GuestAdvice.Failure(guest, obj, step),
        CatalogException catalog => new Failure(catalog.Code, catalog.Subject, step, catalog.Message, ""),
        NbdException nbd => new Failure(nbd.Code, nbd.Address, step, nbd.Message, ""),
        AggregateException { InnerExceptions.Count: > 0 } many => Failure(many.InnerExceptions[0], obj, step),
        _ => null,
    };
}
